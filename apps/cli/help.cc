#include "help.h"

#include <fmt/format.h>

#include <algorithm>

#include "options.h"

namespace costops::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kLeft = 26;  ///< Columns of an option's name before its description.

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options(
      [](const CLI::Option* o) { return !o->get_group().empty() && o->nonpositional(); });
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& app) {
  return app.get_options(
      [](const CLI::Option* o) { return !o->get_group().empty() && o->get_positional(); });
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

/// The chain of parsed commands below `root`, itself first.
std::vector<const CLI::App*> parsed_chain(const CLI::App& root) {
  std::vector<const CLI::App*> chain = {&root};
  for (;;) {
    const auto below = chain.back()->get_subcommands();
    if (below.empty()) return chain;
    chain.push_back(below.front());
  }
}

/// `text` broken at blanks, every line but the first behind kLeft blanks.
std::string wrapped(std::string_view text) {
  std::string out;
  std::size_t used = kLeft;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    const std::string_view word = text.substr(from, to - from);
    if (used > kLeft && used + 1 + word.size() > kColumns) {
      out += '\n' + std::string(kLeft, ' ');
      used = kLeft;
    } else if (used > kLeft) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
    from = to + 1;
  }
  return out + '\n';
}

std::string entry(const std::string& left, const std::string& description) {
  std::string out = "  " + left;
  if (out.size() + 2 > kLeft) {
    out += '\n' + std::string(kLeft, ' ');
  } else {
    out.resize(kLeft, ' ');
  }
  return out + wrapped(description);
}

std::string option_entry(const CLI::Option& option) {
  std::string left = option.get_name(false, true);
  for (std::size_t at = left.find(','); at != std::string::npos; at = left.find(',', at + 1)) {
    left.insert(at + 1, 1, ' ');
  }
  const bool takes_value = option.get_items_expected_max() > 0;
  if (takes_value) left += ' ' + option.get_type_name();
  return entry(left, option.get_description());
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string out = "Usage: " + name;
  if (!commands_of(app).empty()) out += " COMMAND";
  out += " [OPTION]...";
  for (const CLI::Option* argument : arguments_of(app)) {
    const bool many = argument->get_items_expected_max() > 1;
    const std::string word = argument->get_type_name() + (many ? "..." : "");
    out += argument->get_required() ? " " + word : " [" + word + "]";
  }
  return out + '\n';
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> names;
  names.reserve(apps.size());
  for (const CLI::App* app : apps) names.push_back(app->get_name());
  return names;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const auto close = closest(word, known);
  return close ? fmt::format("; did you mean \"{}\"?", *close) : "";
}

std::string unknown_option(const CLI::App& root, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::App* app : parsed_chain(root)) {
    for (const CLI::Option* option : options_of(*app)) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  const std::string name = word.substr(0, word.find('='));
  return fmt::format("unknown option \"{}\"{}", name, suggestion(name, known));
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode) const {
  std::string out = name + " - " + app->get_description() + "\n\n" + usage(*app, name);
  if (const auto commands = commands_of(*app); !commands.empty()) {
    out += "\nCommands:\n";
    for (const CLI::App* command : commands) {
      out += entry(command->get_name(), command->get_description());
    }
  }
  if (const auto arguments = arguments_of(*app); !arguments.empty()) {
    out += "\nArguments:\n";
    for (const CLI::Option* argument : arguments) {
      out += entry(argument->get_type_name(), argument->get_description());
    }
  }
  const bool root = app->get_parent() == nullptr;
  out += root ? "\nOptions of every command:\n" : "\nOptions:\n";
  for (const CLI::Option* option : options_of(*app)) out += option_entry(*option);
  if (!root) out += "  Options of every command are listed by: cost-ops --help\n";
  return out + app->get_footer();
}

std::string command_in_words(const CLI::App& root) {
  return joined(names_of(parsed_chain(root)), " ");
}

std::string unknown_command(const CLI::App& root) {
  const CLI::App* last = parsed_chain(root).back();
  for (const std::string& word : root.remaining(true)) {
    if (word.size() > 1 && word.front() == '-') return unknown_option(root, word);
    const std::string group = last == &root ? "" : last->get_name() + " ";
    return fmt::format("there is no command \"{}{}\"{}", group, word,
                       suggestion(word, names_of(commands_of(*last))));
  }
  return "";
}

std::string told(const CLI::App& root, const CLI::ParseError& error) {
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (kind == CLI::ExitCodes::ArgumentMismatch) {
    const std::string text = error.what();
    return text.substr(0, text.find(':')) + " needs a value";
  }
  if (kind != CLI::ExitCodes::ExtrasError) return error.what();
  const CLI::App* last = parsed_chain(root).back();
  if (!commands_of(*last).empty()) return unknown_command(root);
  for (const std::string& word : root.remaining(true)) {
    if (word.size() > 1 && word.front() == '-') return unknown_option(root, word);
    return fmt::format("unexpected argument \"{}\"", word);
  }
  return error.what();
}

}  // namespace costops::cli
