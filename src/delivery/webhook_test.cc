#include "costops/delivery/webhook.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>

#include "delivery/posting.h"

namespace costops::delivery {
namespace {

Error error_of(const Result<Receipt>& result) { return result ? Error{} : result.error(); }

Webhook signed_with(std::string_view secret) {
  Webhook webhook;
  webhook.secret = read_secret(secret).value();
  return webhook;
}

TEST(Webhook, UrlsThatAreRefused) {
  EXPECT_TRUE(check_url("https://hooks.example.com/a/b?c=d"));
  EXPECT_TRUE(check_url("http://[2606:4700::1111]:8080/"));
  for (const char* url : {"", "example.com", "ftp://example.com/", "file:///etc/passwd",
                          "gopher://example.com/", "http://", "http://a b/", "//example.com"}) {
    const auto checked = check_url(url);
    ASSERT_FALSE(checked) << url;
    EXPECT_EQ(checked.error().message,
              "the webhook \"" + std::string(url) + "\" is no http:// or https:// address");
  }
  EXPECT_FALSE(check_url("http://example.com/\r\nX: y"));
  EXPECT_EQ(check_url("https://me:secret@example.com:8443/hook").error().message,
            "the webhook at https://example.com:8443 has a user in its address; sign messages "
            "with a secret instead");
}

TEST(Webhook, SecretsAreTextOrBase64) {
  EXPECT_EQ(read_secret(" secret\n").value(), "secret");
  EXPECT_EQ(read_secret("whsec_c2VjcmV0\n").value(), "secret");
  EXPECT_EQ(read_secret("whsec_c2VjcmV0cw==").value(), "secrets");
  EXPECT_EQ(read_secret(" \n").error().message, "the webhook's secret is empty");
  EXPECT_EQ(read_secret("whsec_").error().message, "the webhook's secret is empty");
  for (const char* wrong : {"whsec_c2Vj cmV0", "whsec_c2VjcmV", "whsec_===="}) {
    EXPECT_EQ(
        read_secret(wrong).error().message,
        "the webhook's secret is no base64 after \"whsec_\": take it as the receiver shows it")
        << wrong;
  }
}

// Key, id, time and body of the example at https://docs.svix.com/receiving/verifying-payloads/
// how-manual; the value is Python's hmac of them.
TEST(Webhook, TheSignatureIsThatOfStandardWebhooks) {
  const Message message{"{\"test\": 2432232314}", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        Instant(std::chrono::seconds(1614265330))};
  EXPECT_EQ(signature_of(signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), message),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Webhook, AnIdIsMadeFromTheBody) {
  EXPECT_EQ(with_id({"{\"event\":\"test\"}", "", {}}).id, "msg_2d9c95a7b02d34fcd937555555970ef0");
  EXPECT_EQ(with_id({"{}", "mine", {}}).id, "mine");
}

/// receiver.py, for as long as this lives.
class Receiver {
 public:
  bool start() {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) return false;
    child_ = fork();
    if (child_ == 0) {
      dup2(to[0], STDIN_FILENO);
      dup2(from[1], STDOUT_FILENO);
      execlp("python3", "python3", COSTOPS_SOURCE_DIR "/src/delivery/receiver.py", nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    hold_ = to[1];
    requests_ = fdopen(from[0], "r");
    port_ = request();
    return !port_.empty();
  }
  ~Receiver() {
    close(hold_);
    if (requests_ != nullptr) std::fclose(requests_);
    waitpid(child_, nullptr, 0);
  }
  Receiver() = default;
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::string url(std::string_view path, std::string_view host = "127.0.0.1") const {
    return "http://" + std::string(host) + ":" + port_ + std::string(path);
  }
  /// The next request as a line of JSON.
  std::string request() {
    char line[4096];
    if (std::fgets(line, sizeof(line), requests_) == nullptr) return "";
    std::string text(line);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

 private:
  pid_t child_ = -1;
  int hold_ = -1;
  std::FILE* requests_ = nullptr;
  std::string port_;
};

/// For these tests the other loopback addresses play the private network.
bool all_but_the_first(const sockaddr& address) {
  sockaddr_in v4{};
  std::memcpy(&v4, &address, sizeof(v4));
  return address.sa_family != AF_INET || ntohl(v4.sin_addr.s_addr) != INADDR_LOOPBACK;
}

class Delivery : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(receiver_.start()) << "python3 is needed";
    webhook_ = signed_with("secret");
    webhook_.first_pause = std::chrono::milliseconds(1);
    message_ = {"{\"event\":\"test\"}", "", Instant(std::chrono::seconds(1767225600))};
  }
  Result<Receipt> post_to(std::string_view path, std::string_view host = "127.0.0.1") {
    webhook_.url = receiver_.url(path, host);
    return post_judging(webhook_, message_, all_but_the_first);
  }
  /// `text` with the receiver's address in place of HOST.
  [[nodiscard]] std::string with_host(std::string text) const {
    const std::string host = receiver_.url("");
    return text.replace(text.find("HOST"), 4, host);
  }
  Receiver receiver_;
  Webhook webhook_;
  Message message_;
};

TEST_F(Delivery, AMessageArrivesSigned) {
  const auto receipt = post_to("/ok");
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->status, 200);
  EXPECT_EQ(receipt->attempts, 1);
  const std::string request = receiver_.request();
  for (const char* part :
       {R"("body": "{\"event\":\"test\"}")", R"("content-type": "application/json")",
        R"("webhook-id": "msg_2d9c95a7b02d34fcd937555555970ef0")",
        R"("idempotency-key": "\"msg_2d9c95a7b02d34fcd937555555970ef0\"")",
        R"("webhook-timestamp": "1767225600")",
        R"("webhook-signature": "v1,2gy4bYLVQerm1C3OejH972ko7f+ype53o5Bak+vtCDU=")"}) {
    EXPECT_NE(request.find(part), std::string::npos) << part << "\nis not in\n" << request;
  }
}

TEST_F(Delivery, WithoutASecretThereIsNoSignature) {
  webhook_.secret.clear();
  ASSERT_TRUE(post_to("/ok"));
  EXPECT_EQ(receiver_.request().find("webhook-signature"), std::string::npos);
}

TEST_F(Delivery, AServerErrorIsTriedAgainWithTheSameId) {
  const auto receipt = post_to("/busy-once");
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->status, 204);
  EXPECT_EQ(receipt->attempts, 2);
  EXPECT_EQ(receiver_.request(), receiver_.request());
}

TEST_F(Delivery, AServerErrorThatStays) {
  EXPECT_EQ(error_of(post_to("/status/503")).message,
            with_host("the webhook at HOST answered 503: \"no such\\nhook\" (tried 4 times)"));
}

TEST_F(Delivery, AnErrorOfOursIsFinal) {
  EXPECT_EQ(error_of(post_to("/status/404")).message,
            with_host("the webhook at HOST answered 404: \"no such\\nhook\""));
}

TEST_F(Delivery, ALateAnswer) {
  webhook_.answer_within = std::chrono::milliseconds(200);
  webhook_.attempts_max = 2;
  EXPECT_EQ(error_of(post_to("/late")).message,
            with_host("the webhook at HOST did not answer within 200 ms (tried 2 times)"));
}

TEST_F(Delivery, HalfAnAnswerIsNone) {
  webhook_.attempts_max = 2;
  EXPECT_EQ(error_of(post_to("/half")).message,
            with_host("the webhook at HOST cannot be reached: Transferred a partial file "
                      "(tried 2 times)"));
}

TEST_F(Delivery, AnEndlessAnswerIsNotReadOn) {
  const auto receipt = post_to("/endless");
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->status, 200);
}

TEST_F(Delivery, NobodyListens) {
  webhook_.url = "http://127.0.0.1:1/";
  webhook_.attempts_max = 3;
  EXPECT_EQ(error_of(post_judging(webhook_, message_, all_but_the_first)).message,
            "the webhook at http://127.0.0.1:1 cannot be reached: Couldn't connect to server "
            "(tried 3 times)");
}

TEST_F(Delivery, ARedirectKeepsThePost) {
  ASSERT_TRUE(post_to("/to-same-host"));
  (void)receiver_.request();
  const std::string second = receiver_.request();
  EXPECT_NE(second.find(R"("path": "/ok", "body": "{\"event\":\"test\"}")"), std::string::npos)
      << second;
}

TEST_F(Delivery, ARedirectToAPrivateAddressIsRefused) {
  const auto error = error_of(post_to("/to-other-host"));
  EXPECT_EQ(error.code, ErrorCode::io_error);
  std::string expected = with_host(
      "the webhook at HOST leads to a private address, where only services inside a network are; "
      "allow it with --webhook-allow-private");
  EXPECT_EQ(error.message, expected.replace(expected.find("127.0.0.1"), 9, "127.0.0.2"));
  webhook_.addresses = Webhook::Addresses::anywhere;
  EXPECT_TRUE(post_to("/to-other-host"));
}

TEST_F(Delivery, ANameThatLeadsToAPrivateAddressIsRefused) {
  std::string expected = with_host(
      "the webhook at HOST leads to a private address, where only services inside a network are; "
      "allow it with --webhook-allow-private");
  webhook_.url = receiver_.url("/ok");
  EXPECT_EQ(error_of(post(webhook_, message_)).message, expected);
  webhook_.url = receiver_.url("/ok", "localhost");
  EXPECT_EQ(error_of(post(webhook_, message_)).message,
            expected.replace(expected.find("127.0.0.1"), 9, "localhost"));
}

TEST_F(Delivery, RedirectsThatAreRefused) {
  EXPECT_EQ(error_of(post_to("/to-get")).message,
            with_host("the webhook at HOST answered 302: only redirects 307 and 308 keep a POST; "
                      "name the final address"));
  EXPECT_EQ(error_of(post_to("/in-circles")).message,
            with_host("the webhook at HOST redirects more than 3 times"));
  EXPECT_EQ(error_of(post_to("/to-file")).message,
            with_host("the webhook at HOST redirects to no http or https address"));
}

}  // namespace
}  // namespace costops::delivery
