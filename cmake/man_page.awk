# What go-md2man leaves undone, so that mandoc and groff find nothing to say: dashes that stay dashes when they are
# copied, paragraphs inside a definition (its second ":   "), no empty lines but those of an example, and no paragraph
# right after a heading.
/^\.nh$/ { next }
/^$/ { gap = 1; next }
/^\.PP$/ && after_heading { next }
/^[^.]/ && gap { print example ? "" : ".IP" }
/^\.nf$/ { example = 1 }
/^\.fi$/ { example = 0 }
!/^\./ { gsub(/\\-/, "-"); gsub(/-/, "\\-") }
{ gap = 0; after_heading = /^\.S[HS] /; print }
