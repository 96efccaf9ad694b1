package web_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/web"
)

func list(page, pages int) web.Machines {
	return web.Machines{
		Site:  web.Site{Link: "addonmodules.php?module=a%20b", Page: "machines"},
		Sight: web.Sight{Sort: web.UsualSort, Page: page, Size: web.UsualSize}, Pages: pages,
	}
}

func TestMachines_turnsLeadToTheEndsAndTheNeighbours(t *testing.T) {
	t.Parallel()
	for at, want := range map[[2]int]string{
		{1, 1}: "[1]", {1, 2}: "[1] 2", {2, 3}: "1 [2] 3", {1, 10}: "[1] 2 3 .. 10", {4, 10}: "1 2 3 [4] 5 6 .. 10",
		{5, 10}: "1 .. 3 4 [5] 6 7 .. 10", {10, 10}: "1 .. 8 9 [10]", {5000, 10000}: "1 .. 4998 4999 [5000] 5001 5002 .. 10000",
	} {
		var words []string
		for _, turn := range list(at[0], at[1]).Turns() {
			switch {
			case turn.N == 0:
				words = append(words, "..")
			case turn.URL == "":
				words = append(words, fmt.Sprintf("[%d]", turn.N))
			default:
				words = append(words, strconv.Itoa(turn.N))
			}
		}
		if d := cmp.Diff(want, strings.Join(words, " ")); d != "" {
			t.Errorf("page %d of %d (-want +got):\n%s", at[0], at[1], d)
		}
	}
}

func TestMachines_headingsSortAndTurnAround(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ sorted, column, url, order string }{
		{"-id", "client", "&sort=client", "none"},
		{"client", "client", "&sort=-client", "ascending"},
		{"-client", "client", "&sort=client", "descending"},
		{"-id", "attention", "&sort=-attention", "none"},
		{"id", "id", "", "ascending"},
	} {
		m := list(7, 9)
		m.Sight.Sort = c.sorted
		if got, want := m.Heading(c.column, "id").URL, "addonmodules.php?module=a%20b&page=machines"+c.url; got != want {
			t.Errorf("sorted by %s, the heading %s leads to %s, want %s", c.sorted, c.column, got, want)
		}
		if got := m.Order(c.column); got != c.order {
			t.Errorf("sorted by %s, %s is %s", c.sorted, c.column, got)
		}
	}
}

func TestMachines_formsComeBackToTheSamePage(t *testing.T) {
	t.Parallel()
	m := list(1, 1)
	if d := cmp.Diff([]web.HiddenField{{Name: "module", Value: "a b"}, {Name: "page", Value: "machines"}}, m.Hidden()); d != "" || m.Action() != "addonmodules.php" {
		t.Errorf("to %s (-want +got):\n%s", m.Action(), d)
	}
	m.Sight.Search = "x"
	if d := cmp.Diff([]web.HiddenField{{Name: "q", Value: "x"}}, m.Kept()); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
}
