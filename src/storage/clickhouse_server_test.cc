#include "storage/clickhouse_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "storage/clickhouse_fixture.h"
#include "storage/clickhouse_spool.h"
#include "storage/row_binary.h"

namespace costops::storage {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Result<std::string> user_at(const std::string& url) {
  const ClickhouseUrl parsed = parse_clickhouse_url(url).value();
  const ClickhouseServer server(parsed, parsed.nodes[0]);
  const auto answer = server.ask_outside("SELECT user FROM system.processes FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  return std::string(RowBinaryReader(*answer).text());
}

class ClickhouseLogin : public testing::Test {
 protected:
  void SetUp() override {
    if (ClickhouseFixture::shared().runs()) return;
    GTEST_SKIP() << "no clickhouse-server here: install Debian's package clickhouse-server";
  }
  /// The server's URL with this in front of its host.
  static std::string url(const std::string& login) {
    const std::string plain = ClickhouseFixture::shared().url("x");
    return "clickhouse://" + login + plain.substr(std::string("clickhouse://").size());
  }
};

TEST_F(ClickhouseLogin, WithoutAUserIsTheDefaultOne) { EXPECT_EQ(user_at(url("")), "default"); }

TEST_F(ClickhouseLogin, TakesTheUserAndItsPassword) {
  EXPECT_EQ(user_at(url("ann:open%20sesame@")), "ann");
}

TEST_F(ClickhouseLogin, SaysThatAPasswordIsWrongWithoutShowingIt) {
  const auto user = user_at(url("ann:close%20sesame@"));
  ASSERT_FALSE(user);
  EXPECT_THAT(user.error().message, StartsWith("the ClickHouse server 127.0.0.1:"));
  EXPECT_THAT(user.error().message, HasSubstr("refused (HTTP "));
  EXPECT_THAT(user.error().message, HasSubstr("Wrong password for user ann"));
  EXPECT_THAT(user.error().message, Not(HasSubstr("sesame")));
}

TEST_F(ClickhouseLogin, TravelsOverHttps) {
  const ClickhouseFixture& server = ClickhouseFixture::shared();
  if (server.certificate().empty()) GTEST_SKIP() << "no certificate: the program openssl made none";
  const std::string secure = server.secure_url("x") + "?secure=1";
  const std::string login = "clickhouse://ann:open%20sesame@" + secure.substr(13);
  EXPECT_EQ(user_at(login + "&ca=" + server.certificate()), "ann");
  const auto unknown = user_at(login);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr(" does not answer: SSL "));
}

TEST(ClickhouseServer, IsGivenUpWhenItStaysSilent) {
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(silent, 1), 0);
  ::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string host = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const auto user = user_at("clickhouse://" + host + "/x?timeout=1");
  ::close(silent);
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().message,
            "the ClickHouse server " + host + " does not answer: Timeout was reached");
}

TEST(ClickhouseSpool, GivesBackWhatItKeptAndNothingDamaged) {
  char name[] = "/tmp/costops-spool-XXXXXX";
  const std::string folder = mkdtemp(name);
  const ClickhouseSpool spool(folder);
  const std::vector<SpooledBlock> blocks{{.shard = 1,
                                          .table = "entries",
                                          .rows = 2,
                                          .first = -3,
                                          .last = 4,
                                          .bytes = std::string("ab\0c", 4)},
                                         {.table = "notes", .bytes = {}}};
  ASSERT_TRUE(spool.keep(7, blocks));
  EXPECT_EQ(spool.pending(), std::vector<std::uint64_t>{7});
  const auto kept = spool.blocks(7);
  ASSERT_TRUE(kept) << kept.error().message;
  ASSERT_EQ(kept->size(), 2u);
  EXPECT_EQ((*kept)[0].shard, 1u);
  EXPECT_EQ((*kept)[0].table, "entries");
  EXPECT_EQ((*kept)[0].rows, 2u);
  EXPECT_EQ((*kept)[0].first, -3);
  EXPECT_EQ((*kept)[0].last, 4);
  EXPECT_EQ((*kept)[0].bytes, blocks[0].bytes);
  EXPECT_EQ((*kept)[1].table, "notes");

  const auto size = std::filesystem::file_size(spool.file(7));
  for (std::uintmax_t at = 0; at < size; ++at) {
    std::fstream file(spool.file(7), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const auto flipped = static_cast<char>(file.get() ^ 1);
    const auto put = [&](char byte) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put(byte).flush();
    };
    put(flipped);
    const auto damaged = spool.blocks(7);
    ASSERT_FALSE(damaged) << "byte " << at;
    EXPECT_EQ(damaged.error().message,
              spool.file(7) + " is damaged: move it away and ingest its source again");
    put(static_cast<char>(flipped ^ 1));
  }
  std::filesystem::resize_file(spool.file(7), size - 1);
  EXPECT_FALSE(spool.blocks(7));
  ASSERT_TRUE(spool.drop(7));
  EXPECT_TRUE(spool.pending().empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace costops::storage
