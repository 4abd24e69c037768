// network_address.h - which addresses only machines nearby can mean.
#pragma once

#include <sys/socket.h>

namespace costops::delivery {

/// Private, loopback, link-local, shared, multicast, for documentation or otherwise not of the
/// public Internet; also what is neither IPv4 nor IPv6.
/// Source: RFC 6890 and the IANA registries of special-purpose addresses (IPv4, IPv6).
[[nodiscard]] bool is_private(const sockaddr& address);

}  // namespace costops::delivery
