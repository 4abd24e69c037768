#include "costops/export/markup.h"

#include <gtest/gtest.h>

namespace costops::exports {
namespace {

TEST(Html, HoldsTextsThatAreNoMarkup) {
  EXPECT_EQ(html_of("<b a=\"x\" b='y'>&"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(html_of("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(html_of(std::string_view("a\0b\rc\x7f", 6)),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd"
            "c\xef\xbf\xbd");
  EXPECT_EQ(html_of("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(html_of("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
}

TEST(Markdown, HoldsTextsThatAreNoMarkup) {
  EXPECT_EQ(markdown_of("a|b`c`*d*_e_~f~"), "a\\|b\\`c\\`\\*d\\*\\_e\\_\\~f\\~");
  EXPECT_EQ(markdown_of("[x](http://y) \\"), "\\[x\\](http://y) \\\\");
  EXPECT_EQ(markdown_of("<script>&amp;"), "&lt;script>&amp;amp;");
  EXPECT_EQ(markdown_of("@all"), "&#64;all");
  EXPECT_EQ(markdown_of("a\r\nb\tc"), "a  b c");
  EXPECT_EQ(markdown_of(std::string_view("a\0b\x7f", 4)), "ab");
}

}  // namespace
}  // namespace costops::exports
