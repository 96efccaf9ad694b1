package app

import (
	"io/fs"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/schema"
)

// schemaNumber is the number of the newest migration that is built in; their file names begin with it.
func schemaNumber() int {
	names, err := fs.Glob(schema.Files(), "[0-9]*_*.sql")
	if err != nil || len(names) == 0 {
		return 0
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}
