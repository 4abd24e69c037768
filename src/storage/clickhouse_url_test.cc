#include "storage/clickhouse_url.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "costops/storage/ledger_url.h"
#include "storage/row_binary.h"

namespace costops::storage {
namespace {

std::string refusal(std::string_view url) {
  const auto parsed = parse_clickhouse_url(url);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(ClickhouseUrl, NamesServersDatabaseAndCluster) {
  const auto url = parse_clickhouse_url("clickhouse://db1,db2:9000/costs?cluster=eu-1&spool=/s");
  ASSERT_TRUE(url) << url.error().message;
  ASSERT_EQ(url->nodes.size(), 2u);
  EXPECT_EQ(url->nodes[0].text(), "db1:8123");
  EXPECT_EQ(url->nodes[1].text(), "db2:9000");
  EXPECT_EQ(url->database, "costs");
  EXPECT_EQ(url->cluster, "eu-1");
  EXPECT_EQ(url->spool, "/s");
  EXPECT_EQ(url->text(), "clickhouse://db1:8123,db2:9000/costs?cluster=eu-1");
}

TEST(ClickhouseUrl, HidesThePassword) {
  const auto url = parse_clickhouse_url("clickhouse://ann:a%40b%2Fc@db/costs?secure=1");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->user, "ann");
  EXPECT_EQ(url->password, "a@b/c");
  EXPECT_EQ(url->text(), "clickhouse://db:8443/costs");
  EXPECT_EQ(shown_ledger_url("clickhouse://ann:secret@db/costs?x"), "clickhouse://ann@db/costs?x");
  EXPECT_EQ(shown_ledger_url("clickhouse://a:p:q@r@db/c"), "clickhouse://a@db/c");
  EXPECT_EQ(shown_ledger_url("clickhouse://db:8123/c?spool=/a@b"),
            "clickhouse://db:8123/c?spool=/a@b");
  EXPECT_EQ(shown_ledger_url("duckdb:a:b@c"), "duckdb:a:b@c");
  EXPECT_EQ(refusal("clickhouse://ann:secret@db"),
            "\"clickhouse://ann@db\" is no ClickHouse ledger: give clickhouse://HOST:PORT/"
            "DATABASE, the database in letters, digits and _");
}

TEST(ClickhouseUrl, RefusesWhatItDoesNotUnderstand) {
  for (const char* const url :
       {"clickhouse://", "clickhouse://db", "clickhouse:///x", "clickhouse://db:0/x",
        "clickhouse://db:65536/x", "clickhouse://db:1x/x", "clickhouse://d b/x",
        "clickhouse://db/x;y", "clickhouse://db/", "clickhouse://:p@db/x", "clickhouse://a%0@db/x",
        "clickhouse://a%00@db/x", "clickhouse://,/x"}) {
    EXPECT_EQ(refusal(url), "\"" + shown_ledger_url(url) +
                                "\" is no ClickHouse ledger: give clickhouse://HOST:" +
                                "PORT/DATABASE, the database in letters, digits and _");
  }
  EXPECT_EQ(refusal("clickhouse://a,b/x"),
            "ledger clickhouse://a:8123,b:8123/x names several servers but no cluster: add "
            "?cluster=NAME, as in their configuration");
  EXPECT_EQ(refusal("clickhouse://a/x?cluster=a'b"),
            "option \"cluster=a'b\" of a ClickHouse ledger: expected a name of letters, digits, "
            "_, - and .");
  EXPECT_EQ(refusal("clickhouse://a/x?timeout=0"),
            "option \"timeout=0\" of a ClickHouse ledger: expected 1 to 86400 seconds");
  EXPECT_EQ(refusal("clickhouse://a/x?shards=2"),
            "unknown option \"shards=2\" of a ClickHouse ledger: expected cluster=NAME, "
            "spool=FOLDER, secure=1, ca=FILE, password_file=FILE or timeout=SECONDS");
  EXPECT_EQ(refusal("clickhouse://a%0Ab:c@d/x"),
            "the user or password for ledger clickhouse://d:8123/x has a control character");
  EXPECT_EQ(refusal("clickhouse://a/x?password_file=/nowhere"),
            "cannot read a password from the first line of /nowhere");
}

TEST(ClickhouseUrl, ReadsAPasswordFromAFile) {
  const std::string file = testing::TempDir() + "costops-password";
  std::ofstream(file) << "open sesame\n";
  const auto url = parse_clickhouse_url("clickhouse://ann@a/x?password_file=" + file);
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->password, "open sesame");
  std::filesystem::remove(file);
}

TEST(ClickhouseUrl, TakesWhatItDoesNotSayFromItsApplication) {
  const LedgerDefaults defaults{"/home/a b/spool", "ann", "p@ss"};
  EXPECT_EQ(with_ledger_defaults("clickhouse://db/x", defaults),
            "clickhouse://ann:p%40ss@db/x?spool=/home/a%20b/spool");
  EXPECT_EQ(with_ledger_defaults("clickhouse://bob:q@db/x?cluster=c", defaults),
            "clickhouse://bob:q@db/x?cluster=c&spool=/home/a%20b/spool");
  EXPECT_EQ(with_ledger_defaults("clickhouse://db/x?spool=/s&password_file=/p", defaults),
            "clickhouse://ann@db/x?spool=/s&password_file=/p");
  EXPECT_EQ(with_ledger_defaults("duckdb:x", defaults), "duckdb:x");
  const auto url = parse_clickhouse_url(with_ledger_defaults("clickhouse://db/x", defaults));
  ASSERT_TRUE(url);
  EXPECT_EQ(url->spool, defaults.spool);
  EXPECT_EQ(url->password, defaults.password);
}

TEST(RowBinary, SaysWhenTheBytesEnd) {
  RowBinaryWriter out;
  out.number(std::int32_t{-7}).text(std::string(300, 'x')).id({1, 2});
  RowBinaryReader in(out.bytes());
  EXPECT_EQ(in.number<std::int32_t>(), -7);
  EXPECT_EQ(in.text(), std::string(300, 'x'));
  EXPECT_EQ(in.id(), (RecordId{1, 2}));
  EXPECT_FALSE(in.more() || in.failed());
  EXPECT_EQ(in.number<std::uint8_t>(), 0);
  EXPECT_TRUE(in.failed());
  RowBinaryReader endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(endless.length(), 0u);
  EXPECT_TRUE(endless.failed());
  RowBinaryReader beyond(
      "\x05"
      "abc");
  EXPECT_EQ(beyond.text(), "");
  EXPECT_TRUE(beyond.failed());
}

}  // namespace
}  // namespace costops::storage
