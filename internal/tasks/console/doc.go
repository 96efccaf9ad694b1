// Package console runs tasks for somebody who looks on: a crontab line, or a person in a shell. It prints what happens in the
// forms of the reference product (product-spec §12.4 to §12.6), one line after the other, while it happens.
package console
