# Completion of tykup(1) for bash: the command itself tells what may follow.

_tykup() {
  local cur words cword line
  _get_comp_words_by_ref -n = cur words cword || return
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <(tykup complete "${words[@]:1:cword-1}" "$cur" 2> /dev/null)
  if [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi
}

complete -F _tykup tykup
