#include "delivery/network_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

namespace costops::delivery {
namespace {

bool private_v4(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &address.sin_addr), 1) << text;
  return is_private(reinterpret_cast<const sockaddr&>(address));
}

bool private_v6(const std::string& text) {
  // The test of a socket's address takes a sockaddr, which is shorter than this one.
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &address.sin6_addr), 1) << text;
  return is_private(reinterpret_cast<const sockaddr&>(address));
}

TEST(IsPrivate, FirstAndLastAddressOfEachIpv4Block) {
  for (const char* address :
       {"0.0.0.0",         "0.255.255.255", "10.0.0.0",        "10.255.255.255",  "100.64.0.0",
        "100.127.255.255", "127.0.0.1",     "127.255.255.255", "169.254.169.254", "172.16.0.0",
        "172.31.255.255",  "192.0.0.1",     "192.0.2.1",       "192.88.99.1",     "192.168.0.0",
        "192.168.255.255", "198.18.0.0",    "198.19.255.255",  "198.51.100.1",    "203.0.113.1",
        "224.0.0.1",       "240.0.0.1",     "255.255.255.255"}) {
    EXPECT_TRUE(private_v4(address)) << address;
  }
}

TEST(IsPrivate, TheirNeighboursArePublic) {
  for (const char* address :
       {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"}) {
    EXPECT_FALSE(private_v4(address)) << address;
  }
}

TEST(IsPrivate, Ipv6) {
  for (const char* address :
       {"::", "::1", "fe80::1", "fc00::1", "fdff::1", "ff02::1", "::ffff:10.0.0.1",
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a00:1", "2001:db8::1", "2001::1",
        "2001:1ff::1", "2002:7f00:1::1", "3fff::1", "4000::1"}) {
    EXPECT_TRUE(private_v6(address)) << address;
  }
  for (const char* address :
       {"2001:200::1", "2606:4700::1111", "2a00:1450::1", "3fff:1000::1", "::ffff:8.8.8.8"}) {
    EXPECT_FALSE(private_v6(address)) << address;
  }
}

TEST(IsPrivate, WhatIsNeitherIpv4NorIpv6) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_TRUE(is_private(address));
}

}  // namespace
}  // namespace costops::delivery
