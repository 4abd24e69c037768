// record_dimensions.h - which field of a record holds which dimension's text: once, for every
// backend.
#pragma once

#include "costops/domain/usage_batch.h"
#include "costops/domain/usage_record.h"

namespace costops::storage {

/// Calls visit(dimension, field) for every dimension that is one text of the record: all but the
/// tags. `Record` is UsageRecord or const UsageRecord.
template <typename Record, typename Visit>
void for_each_dimension_text(Record& usage, const Visit& visit) {
  visit(Dimension::provider, usage.provider);
  visit(Dimension::model, usage.model);
  visit(Dimension::model_version, usage.model_version);
  visit(Dimension::organization, usage.organization);
  visit(Dimension::project, usage.project);
  visit(Dimension::user, usage.user);
  visit(Dimension::session, usage.session);
  visit(Dimension::service_tier, usage.service_tier);
  visit(Dimension::region, usage.region);
  visit(Dimension::speed, usage.speed);
  visit(Dimension::source_kind, usage.source_kind);
  visit(Dimension::source_endpoint, usage.source_endpoint);
  visit(Dimension::file, usage.position.file);
}

}  // namespace costops::storage
