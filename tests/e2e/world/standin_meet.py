"""How a script of a stand-in meets the test: the same in both formats."""

# A test can hold a script (a fifo) or make it fail (a plain file) at a place: /run/standin/PACKAGE.PLACE[.VERSION].
MEET_THE_TEST = """
meet_the_test() {{
  here=/run/standin/{package}.$1
  if [ -p "$here" ]; then : > "$here.reached"; read -r _ < "$here" || :; fi
  if [ -e "$here.fails" ] || [ -e "$here.{version}.fails" ]; then echo "{package}: $1 fails as the test asked" >&2; exit 1; fi
}}
"""
