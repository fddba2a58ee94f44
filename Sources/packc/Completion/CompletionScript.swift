/// The shells that packc completes in, and for each the few lines that hand the typed line to packc and its answer back.
enum CompletionScript: String, CaseIterable {
  case bash, zsh, fish

  var text: String {
    switch self {
    case .bash: Self.bashText
    case .zsh: Self.zshText
    case .fish: Self.fishText
    }
  }

  /// Bash cuts words at "=" and ":" (COMP_WORDBREAKS). packc is given them whole, and of what it answers bash is given the
  /// part behind the last cut.
  private static let bashText = #"""
    # Completion of packc in bash; `packc completion bash` made it. Source it, or put it into
    # ~/.local/share/bash-completion/completions/packc.
    _packc() {
      local line piece joins= words=()
      for piece in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if ((${#words[@]})) && [[ $piece == [=:] || $joins ]]; then
          words[-1]+=$piece
        else
          words+=("$piece")
        fi
        joins=
        [[ $piece != [=:] ]] || joins=yes
      done
      local before=${words[-1]%"${words[-1]##*[=:]}"}
      COMPREPLY=()
      while IFS= read -r line; do
        case $line in
          $'\tfiles') compopt -o default 2>/dev/null ;;
          $'\tdirectories') compopt -o dirnames 2>/dev/null ;;
          *)
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$before"}")
            ;;
        esac
      done < <("$1" completion next -- "${words[@]}" 2>/dev/null)
    }
    complete -F _packc packc

    """#

  private static let zshText = #"""
    #compdef packc
    # Completion of packc in zsh; `packc completion zsh` made it. Put it as _packc into a directory of $fpath, or source it.
    _packc() {
      local line
      local -a found
      for line in ${(f)"$($words[1] completion next -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)"}; do
        case $line in
          $'\tfiles') compset -P '--*='; _files ;;
          $'\tdirectories') compset -P '--*='; _files -/ ;;
          *) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
      done
      (( ! $#found )) || _describe packc found
    }
    if [[ $funcstack[1] == _packc ]]; then _packc "$@"; else compdef _packc packc; fi

    """#

  private static let fishText = #"""
    # Completion of packc in fish; `packc completion fish` made it. Put it into ~/.config/fish/completions/packc.fish.
    function __packc_next
        set -l words (commandline -opc)
        set -l typed (commandline -ct)
        for line in ($words[1] completion next -- $words[2..] "$typed" 2>/dev/null)
            switch $line
                case \tfiles
                    __fish_complete_path "$typed"
                case \tdirectories
                    __fish_complete_directories "$typed"
                case '*'
                    echo $line
            end
        end
    end
    complete -c packc -f -a '(__packc_next)'

    """#
}
