// Command gotest runs "go test" with the given arguments and fails on skipped tests too: a suite that skips what it
// promises to show is not green. It prints one line per package, the whole output of what failed, and every skip.
// Only comparisons with a folder beside the project may be absent; their skip says "../shared".
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// event is a line of "go test -json" (see "go doc test2json").
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// result gathers what has been seen so far.
type result struct {
	output map[string][]string // by package and test
	ok     int
	failed []string
	skips  []string
	exempt int // skips for lack of the folder beside the project
}

func main() {
	cmd := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest: start go test:", err)
		os.Exit(1)
	}
	r := result{output: map[string][]string{}}
	r.read(pipe)
	failed := cmd.Wait() != nil
	os.Exit(r.report(failed))
}

func (r *result) read(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text())
			continue
		}
		r.take(e)
	}
}

func (r *result) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "build-output":
		fmt.Print(e.Output)
	case "pass":
		if e.Test == "" {
			r.ok++
			fmt.Printf("ok    %s %.1fs\n", e.Package, e.Elapsed)
		}
		delete(r.output, key)
	case "fail":
		r.failed = append(r.failed, strings.TrimSpace(key))
		fmt.Printf("FAIL  %s\n%s", strings.TrimSpace(key), strings.Join(r.output[key], ""))
	case "skip":
		if e.Test != "" {
			r.skip(key)
		}
	}
}

func (r *result) skip(key string) {
	why := strings.Join(r.output[key], "")
	fmt.Printf("skip  %s\n%s", key, why)
	if strings.Contains(why, "../shared") {
		r.exempt++
		return
	}
	r.skips = append(r.skips, key)
}

// report prints the summary, which is the last thing on the screen, and returns the exit code.
func (r *result) report(failed bool) int {
	for _, f := range r.failed {
		fmt.Println("failed:", f)
	}
	for _, s := range r.skips {
		fmt.Println("skipped, and nothing may be:", s)
	}
	fmt.Printf("go test: %d packages ok, %d failures, %d skips", r.ok, len(r.failed), len(r.skips))
	if r.exempt > 0 {
		fmt.Printf(", %d comparisons with ../shared left out", r.exempt)
	}
	fmt.Println()
	if failed || len(r.failed) > 0 || len(r.skips) > 0 {
		return 1
	}
	return 0
}
