// completion - completion scripts for shells, generated from the commands as they are declared.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "command.h"
#include "options.h"

namespace costops::cli {
namespace {

constexpr const char* kHelp = R"(
Examples:
  cost-ops completion bash > ~/.local/share/bash-completion/completions/cost-ops
  cost-ops completion zsh > "${fpath[1]}/_cost-ops"
  cost-ops completion fish > ~/.config/fish/completions/cost-ops.fish
)";

/// What an option's or argument's value can be.
enum class Value { none, words, file, text };

struct Choice {
  Value value = Value::none;
  std::vector<std::string> words;
};

Choice choice_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::string type = option.get_type_name();
  if (type == "FILE" || type == "PATH") return {Value::file, {}};
  if (type.find('|') != std::string::npos) return {Value::words, CLI::detail::split(type, '|')};
  return {Value::text, {}};
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options(
      [](const CLI::Option* o) { return !o->get_group().empty() && o->nonpositional(); });
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

/// Words that may follow in an app: its commands, its options and those of the program.
std::vector<std::string> words_of(const CLI::App& app, const CLI::App& root) {
  std::vector<std::string> words;
  for (const CLI::App* command : commands_of(app)) words.push_back(command->get_name());
  for (const CLI::App* source : {&app, &root}) {
    for (const CLI::Option* option : options_of(*source)) {
      for (const std::string& name : option->get_lnames()) {
        const std::string word = "--" + name;
        if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
      }
    }
    if (&app == &root) break;
  }
  for (const CLI::Option* argument :
       app.get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    const Choice choice = choice_of(*argument);
    words.insert(words.end(), choice.words.begin(), choice.words.end());
  }
  return words;
}

bool takes_file(const CLI::App& app) {
  const auto arguments = app.get_options([](const CLI::Option* o) { return o->get_positional(); });
  return std::any_of(arguments.begin(), arguments.end(), [](const CLI::Option* argument) {
    return choice_of(*argument).value == Value::file;
  });
}

/// Every command with its words from the program's name on, the program first.
struct Node {
  std::string path;  ///< "pricing add"; "" for the program.
  const CLI::App* app;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Node>& into) {
  into.push_back({path, &app});
  for (const CLI::App* command : commands_of(app)) {
    collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), into);
  }
}

std::string bash_script(const CLI::App& root, const std::vector<Node>& nodes) {
  std::string words, values;
  for (const Node& node : nodes) {
    words += fmt::format("    \"{}\") words=\"{}\"{} ;;\n", node.path,
                         joined(words_of(*node.app, root), " "),
                         takes_file(*node.app) ? " paths=1" : "");
    for (const CLI::Option* option : options_of(*node.app)) {
      const Choice choice = choice_of(*option);
      if (choice.value == Value::none) continue;
      const std::string action = choice.value == Value::words
                                     ? fmt::format("choices=\"{}\"", joined(choice.words, " "))
                                 : choice.value == Value::file ? "files=1"
                                                               : "text=1";
      for (const std::string& name : names_of(*option)) {
        const std::string any = node.path.empty() ? "*" : fmt::format("\"{}\"", node.path);
        values += fmt::format("    {}\" {}\") {} ;;\n", any, name, action);
      }
    }
  }
  std::string commands;
  for (const Node& node : nodes) {
    if (!node.path.empty()) commands += fmt::format("|\"{}\"", node.path);
  }
  return fmt::format(R"(# bash completion for cost-ops; written by "cost-ops completion bash".
_cost_ops() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path="" words="" choices="" files="" text="" paths="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{path:+$path }}${{COMP_WORDS[i]}}" in
      {}) path="${{path:+$path }}${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$path $before" in
{}  esac
  if [ -n "$choices" ]; then
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
    return
  fi
  if [ -n "$text" ]; then
    COMPREPLY=()
    return
  fi
  if [ -n "$files" ]; then
    COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  case "$path" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ -n "$paths" ]; then
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}}
complete -o filenames -F _cost_ops cost-ops
)",
                     commands.substr(1), values, words);
}

/// In single quotes, for any of the shells.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

/// The first sentence of a description: what fits beside a word.
std::string brief(const std::string& description) {
  const std::size_t end = std::min(description.find(". "), description.find(": "));
  std::string text = description.substr(0, end);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

/// A description inside a zsh specification, where brackets and colons have a meaning.
std::string zsh_text(const std::string& description) {
  std::string out;
  for (const char c : brief(description)) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_options(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : options_of(app)) {
    const Choice choice = choice_of(*option);
    std::string value;
    if (choice.value == Value::file) value = ":file:_files";
    if (choice.value == Value::text) value = ":value: ";
    if (choice.value == Value::words) value = ":value:(" + joined(choice.words, " ") + ")";
    for (const std::string& name : names_of(*option)) {
      const std::string text = zsh_text(option->get_description());
      out += "    " + single_quoted(fmt::format("*{}[{}]{}", name, text, value)) + "\n";
    }
  }
  return out;
}

std::string zsh_script(const CLI::App& root, const std::vector<Node>& nodes) {
  std::string cases, commands;
  for (const Node& node : nodes) {
    if (!node.path.empty()) commands += "|" + single_quoted(node.path);
    std::string below;
    for (const CLI::App* command : commands_of(*node.app)) {
      const std::string text = zsh_text(command->get_description());
      below += " " + single_quoted(command->get_name() + ":" + text);
    }
    const std::string specs = &root == node.app ? "" : zsh_options(*node.app);
    cases += fmt::format("    {}) below=({} ) specs=(\n{}    ) ;;\n", single_quoted(node.path),
                         below, specs);
  }
  return fmt::format(R"(#compdef cost-ops
# zsh completion for cost-ops; written by "cost-ops completion zsh".
_cost_ops() {{
  local path="" word
  local -a below specs every
  every=(
{}  )
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "${{path:+$path }}$word" in
      {}) path="${{path:+$path }}$word" ;;
    esac
  done
  case "$path" in
{}  esac
  if (( $#below )) && [[ "$words[CURRENT]" != -* ]]; then
    _describe 'command' below
    return
  fi
  _arguments -S $specs $every '*:file:_files'
}}
_cost_ops "$@"
)",
                     zsh_options(root), commands.substr(1), cases);
}

std::string fish_option(const CLI::Option& option, const std::string& condition) {
  std::string line = "complete -c cost-ops" + condition;
  for (const std::string& name : option.get_snames()) line += " -s " + name;
  for (const std::string& name : option.get_lnames()) line += " -l " + name;
  const Choice choice = choice_of(option);
  if (choice.value == Value::file) line += " -r -F";
  if (choice.value == Value::text) line += " -x";
  if (choice.value == Value::words) line += " -x -a " + single_quoted(joined(choice.words, " "));
  return line + " -d " + single_quoted(brief(option.get_description())) + "\n";
}

/// A condition that holds behind the words of `path`, and not yet behind a command below it.
std::string fish_condition(const Node& node) {
  std::string test;
  for (const std::string& word : CLI::detail::split(node.path, ' ')) {
    if (!word.empty())
      test += (test.empty() ? "" : "; and ") + fmt::format("__fish_seen_subcommand_from {}", word);
  }
  return test;
}

std::string fish_script(const CLI::App& root, const std::vector<Node>& nodes) {
  std::string out = "# fish completion for cost-ops; written by \"cost-ops completion fish\".\n";
  for (const CLI::Option* option : options_of(root)) out += fish_option(*option, "");
  for (const Node& node : nodes) {
    std::string below;
    for (const CLI::App* command : commands_of(*node.app)) below += " " + command->get_name();
    const std::string here = fish_condition(node);
    for (const CLI::App* command : commands_of(*node.app)) {
      const std::string test = (here.empty() ? "" : here + "; and ") +
                               fmt::format("not __fish_seen_subcommand_from{}", below);
      out += fmt::format("complete -c cost-ops -f -n {} -a {} -d {}\n", single_quoted(test),
                         command->get_name(), single_quoted(brief(command->get_description())));
    }
    if (node.app == &root) continue;
    for (const CLI::Option* option : options_of(*node.app)) {
      out += fish_option(*option, " -n " + single_quoted(here));
    }
  }
  return out;
}

class Completion : public Command {
 public:
  explicit Completion(CLI::App& parent)
      : Command(parent, "completion", "Print a completion script for bash, zsh or fish", kHelp,
                Uses{}),
        root_(parent) {
    add_choice(*app_, "SHELL", shell_, {"bash", "zsh", "fish"}, "The shell to write it for.",
               Need::required);
  }

  Result<ExitCode> run(Session& session) override {
    std::vector<Node> nodes;
    collect(root_, "", nodes);
    session.out().write(shell_ == "bash"  ? bash_script(root_, nodes)
                        : shell_ == "zsh" ? zsh_script(root_, nodes)
                                          : fish_script(root_, nodes));
    return ExitCode::fine;
  }

 private:
  const CLI::App& root_;
  std::string shell_;
};

}  // namespace

void add_completion(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Completion>(parent));
}

}  // namespace costops::cli
