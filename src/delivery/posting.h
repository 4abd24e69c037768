// posting.h - post(), with the judgement of addresses open to tests.
#pragma once

#include <sys/socket.h>

#include "costops/delivery/webhook.h"

namespace costops::delivery {

using AddressTest = bool (*)(const sockaddr&);

/// As post(); `refused` says of an address whether public_only keeps away from it.
[[nodiscard]] Result<Receipt> post_judging(const Webhook& webhook, const Message& message,
                                           AddressTest refused);

}  // namespace costops::delivery
