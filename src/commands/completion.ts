import { choiceAmong } from '../cli/arguments.ts';
import type { Command } from '../cli/command.ts';
import { completeWord } from '../cli/complete.ts';

const bash = `# Completion of autoscrape in bash. To have it in every shell, write into ~/.bashrc:
#     source <(autoscrape completion bash)
_autoscrape() {
  local line directive=4 value index tab=$'\\t'
  local -a words lines=()
  # What bash splits at = is one word here.
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=('')
  local current=\${words[\${#words[@]} - 1]}
  while IFS= read -r line; do lines+=("$line"); done < <(
    "\${words[0]}" ${completeWord} "\${words[@]:1}" 2> /dev/null
  )
  COMPREPLY=()
  for ((index = 0; index < \${#lines[@]}; index++)); do
    line=\${lines[index]}
    if [[ $line == :* ]]; then
      directive=\${line#:}
      continue
    fi
    value=\${line%%"$tab"*}
    # What stands before = is written already.
    [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] && value=\${value#*=}
    COMPREPLY+=("$value")
  done
  if ((directive & 2)); then compopt -o nospace 2> /dev/null; fi
  if ((!(directive & 4))); then
    compopt -o filenames 2> /dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${current#*=}")
  fi
}
complete -F _autoscrape autoscrape
`;

const zsh = `#compdef autoscrape
# Completion of autoscrape in zsh. To have it in every shell, write into ~/.zshrc, after compinit:
#     source <(autoscrape completion zsh)
_autoscrape() {
  local line directive=4 tab=$'\\t'
  local -a lines values options
  lines=("\${(@f)$("\${words[1]}" ${completeWord} "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  for line in "\${lines[@]}"; do
    if [[ $line == :* ]]; then
      directive=\${line#:}
    elif [[ -n $line ]]; then
      values+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}")
    fi
  done
  (( directive & 2 )) && options=(-S '')
  (( \${#values} )) && _describe -V 'autoscrape' values "\${options[@]}"
  (( directive & 4 )) || { [[ $PREFIX == -*=* ]] && compset -P '*='; _files }
}
compdef _autoscrape autoscrape
`;

const scripts = { bash, zsh } as const;
const shells = ['bash', 'zsh'] as const;

export const command: Command = {
  usage: 'completion bash|zsh',
  help: `Prints a script that completes commands, flags and their values, for the shell that is named:

  source <(autoscrape completion bash)      in ~/.bashrc
  source <(autoscrape completion zsh)       in ~/.zshrc, after compinit

As a plugin of kubectl it is completed by kubectl's own completion, where kubectl_complete-autoscrape is on the PATH.`,
  flags: new Map(),
  settings: false,
  words: shells,
  run: async ({ positionals }, { out, err }) => {
    const problems: string[] = [];
    const [asked = '', stray] = positionals;
    const shell = choiceAmong('the shell', asked, shells, problems);
    if (stray !== undefined)
      problems.push(`one shell at a time: ${JSON.stringify(stray)} is too much`);
    if (shell === undefined || problems.length > 0) {
      err(problems.map((problem) => `${problem}\n`).join(''));
      return 2;
    }
    out(scripts[shell]);
    return 0;
  },
};
