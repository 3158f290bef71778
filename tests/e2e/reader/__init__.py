"""The reader of the documentation: takes each page as it is written and does what it says.

How a page is written so that it can be run, and what is checked:

* ```sh        commands; every one must succeed. What they print is not shown. One that begins with #! is a program, not a command.
* ```console   commands after "$ " (continued after "> ") and what they print. A "…" stands for what differs, a line of nothing but
               "…" for any number of lines; blanks count as one. A question and its answer stand on one line, as on a terminal.
* ```toml      a configuration: whole where it has [deployment], else a piece that is put below a minimal one.
* ```text, ```json and ```yaml: pictures, journal lines, other files.
* `sudoedit FILE` opens an editor that types the page's next block which is a file, whole.
* RUN, PLAN, FINGERPRINT and PACKAGE_FINGERPRINT are placeholders: the last run, the plan, the keys of the repository and the packages.
* A comment <!-- … --> on the line before a block, invisible to readers, says what the text around it says in words:
  `apt` or `rpm`: on such hosts only. `until: TEXT`: watched until that is said, then Ctrl-C.
  `not run: WHY`: and test_docs.py has the same in its table.
"""
