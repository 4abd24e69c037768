#include "delivery/network_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstring>

namespace costops::delivery {
namespace {

struct Block {
  std::uint32_t base;
  int bits;
};

bool is_private_v4(std::uint32_t address) {
  static constexpr Block kBlocks[] = {
      {0x00000000, 8},   // 0.0.0.0/8, this network
      {0x0A000000, 8},   // 10.0.0.0/8
      {0x64400000, 10},  // 100.64.0.0/10, shared by providers
      {0x7F000000, 8},   // 127.0.0.0/8
      {0xA9FE0000, 16},  // 169.254.0.0/16, where clouds answer with credentials
      {0xAC100000, 12},  // 172.16.0.0/12
      {0xC0000000, 24},  // 192.0.0.0/24, protocols
      {0xC0000200, 24},  // 192.0.2.0/24, documentation
      {0xC0586300, 24},  // 192.88.99.0/24, relays of 6to4
      {0xC0A80000, 16},  // 192.168.0.0/16
      {0xC6120000, 15},  // 198.18.0.0/15, benchmarks
      {0xC6336400, 24},  // 198.51.100.0/24, documentation
      {0xCB007100, 24},  // 203.0.113.0/24, documentation
      {0xE0000000, 3},   // 224.0.0.0/3, multicast and reserved
  };
  for (const Block& block : kBlocks) {
    if ((address ^ block.base) >> (32 - block.bits) == 0) return true;
  }
  return false;
}

std::uint32_t big_endian(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | bytes[i];
  return value;
}

bool is_private_v6(const in6_addr& address) {
  const std::uint8_t* bytes = address.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return is_private_v4(big_endian(bytes + 12));
  if ((bytes[0] & 0xE0U) != 0x20U) return true;  // Public addresses are of 2000::/3.
  const std::uint32_t first = big_endian(bytes);
  return first >> 9 == 0x20010000U >> 9 ||  // 2001::/23, protocols: Teredo and others
         first == 0x20010DB8U ||            // 2001:db8::/32, documentation
         first >> 16 == 0x2002U ||          // 2002::/16, 6to4: any IPv4 address inside
         first >> 12 == 0x3FFF0000U >> 12;  // 3fff::/20, documentation
}

}  // namespace

bool is_private(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    return is_private_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return true;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof(v6));
  return is_private_v6(v6.sin6_addr);
}

}  // namespace costops::delivery
