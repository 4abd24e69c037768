// negotiation.h - which content coding an HTTP response gets.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "costops/compression/codec.h"

namespace costops::compression {

/// The coding to answer with: of those offered (most liked first), the one that the client's
/// Accept-Encoding gives the most weight; among equals the first offered. identity is always on
/// offer, and is chosen where the client asks for nothing else. No value: the client refuses
/// everything, identity too ("identity;q=0", "*;q=0").
/// An absent header field is nullopt: any coding would do, and identity is the safe one; an empty
/// one asks for identity. Members that are not "coding[;q=weight]" are passed over; of a repeated
/// coding the first counts.
/// Source: RFC 9110, sections 12.4.2 and 12.5.3.
[[nodiscard]] std::optional<Codec> negotiate(std::optional<std::string_view> accept_encoding,
                                             std::span<const Codec> offered);

}  // namespace costops::compression
