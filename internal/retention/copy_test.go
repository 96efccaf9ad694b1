package retention_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// copies reads one letter per copy, oldest first: g good, b bad, p pending, upper case protected.
func copies(text string) []retention.Copy {
	var list []retention.Copy
	for i, letter := range text {
		state := map[string]retention.State{"g": retention.Good, "b": retention.Bad, "p": retention.Pending}[strings.ToLower(string(letter))]
		list = append(list, retention.Copy{
			ID: string(rune('0' + i)), Made: time.Unix(int64(i)*3600, 0), State: state, Protected: strings.ToUpper(string(letter)) == string(letter),
		})
	}
	return list
}

func ids(list []retention.Copy) string {
	var all strings.Builder
	for _, c := range list {
		all.WriteString(c.ID)
	}
	return all.String()
}

func TestSurplus_takesBadOnesFirstThenTheOldest(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		have  string
		quota int
		want  string
	}{
		{"", 1, ""},
		{"g", 1, ""},
		{"gg", 1, "0"},
		{"gg", 0, ""},
		{"gg", -1, ""},
		{"gp", 1, ""},
		{"ggp", 2, ""},
		{"gggp", 2, "0"},
		{"gb", 1, "1"},
		{"gbg", 2, "1"},
		{"bgg", 1, "01"},
		{"bb", 1, "0"},
		{"Gg", 1, ""},
		{"gG", 1, "0"},
		{"Ggg", 2, "1"},
		{"GGg", 2, ""},
		{"GGG", 1, ""},
		{"ggggg", 3, "01"},
		{"gBg", 1, "0"},
	} {
		if got := ids(retention.Surplus(copies(row.have), row.quota)); got != row.want {
			t.Errorf("%s with a quota of %d: got %q, want %q", row.have, row.quota, got, row.want)
		}
	}
}

// Whatever is on the storage, a good backup goes only while a newer good one stays, and protected and pending ones never go.
func TestSurplus_neverWithoutANewerGoodCopy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		have := copies(rapid.StringMatching(`[gbpGBP]{0,12}`).Draw(t, "have"))
		quota := rapid.IntRange(-1, 12).Draw(t, "quota")
		gone := retention.Surplus(rapid.Permutation(have).Draw(t, "listed"), quota)
		left := slices.DeleteFunc(slices.Clone(have), func(c retention.Copy) bool { return slices.Contains(gone, c) })
		newest, _ := retention.LastGood(left)
		good := 0
		for _, c := range left {
			if c.State == retention.Good {
				good++
			}
		}
		for _, c := range gone {
			if c.Protected || c.State == retention.Pending || c.State == retention.Good && (!newest.After(c.Made) || good < min(quota, 1)) {
				t.Fatalf("of %v with a quota of %d these go: %v", have, quota, gone)
			}
		}
		if len(gone) > 0 && len(gone) > len(have)-quota {
			t.Fatalf("of %v with a quota of %d too many go: %v", have, quota, gone)
		}
	})
}

func TestEldest_makesRoomForOneMore(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		have  string
		quota int
		want  string
	}{{"", 1, ""}, {"g", 1, "0"}, {"gg", 3, ""}, {"ggg", 3, "0"}, {"ggggg", 3, "012"}, {"gg", 0, ""}} {
		if got := ids(retention.Eldest(copies(row.have), row.quota)); got != row.want {
			t.Errorf("%s with a quota of %d: got %q, want %q", row.have, row.quota, got, row.want)
		}
	}
}

func TestExpired_goesByAge(t *testing.T) {
	t.Parallel()
	have := copies("ggGg") // made at 0, 1, 2 and 3 hours
	for lifetime, want := range map[time.Duration]string{
		0: "", -time.Hour: "", 5 * time.Hour: "0", 5*time.Hour + time.Second: "", 4 * time.Hour: "01", time.Hour: "013",
	} {
		if got := ids(retention.Expired(have, lifetime, time.Unix(5*3600, 0))); got != want {
			t.Errorf("a lifetime of %s: got %q, want %q", lifetime, got, want)
		}
	}
}

func TestWish_refusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	backup := retention.Wish{Kind: retention.Backup, Quota: 2, Storage: "store", Have: copies("g")}
	snapshot := retention.Wish{Kind: retention.Snapshot, Quota: 2, Have: copies("g")}
	with := func(w retention.Wish, change func(*retention.Wish)) retention.Wish { change(&w); return w }
	for name, row := range map[string]struct {
		wish   retention.Wish
		want   string
		passes bool
	}{
		"a backup":                  {backup, "", false},
		"a snapshot":                {snapshot, "", false},
		"no quota":                  {with(backup, func(w *retention.Wish) { w.Quota = 0 }), "has no backups", false},
		"no snapshots":              {with(snapshot, func(w *retention.Wish) { w.Quota = 0 }), "has no snapshots", false},
		"no storage":                {with(backup, func(w *retention.Wish) { w.Storage = "" }), "Backups storage", false},
		"raw disk":                  {with(snapshot, func(w *retention.Wish) { w.Rigid = true }), "cannot make snapshots", false},
		"raw disk, backup":          {with(backup, func(w *retention.Wish) { w.Rigid = true }), "", false},
		"full":                      {with(backup, func(w *retention.Wish) { w.Have = copies("gg") }), "All 2 backups are taken", false},
		"full, by the plan":         {with(backup, func(w *retention.Wish) { w.Have, w.Scheduled = copies("gg"), true }), "", false},
		"full of protected":         {with(backup, func(w *retention.Wish) { w.Have, w.Scheduled = copies("GG"), true }), "protected", false},
		"locked":                    {with(snapshot, func(w *retention.Wish) { w.Lock = "migrate" }), "move to another node", true},
		"a backup runs":             {with(snapshot, func(w *retention.Wish) { w.Lock = "backup" }), "busy with a backup", true},
		"a lock of a later Proxmox": {with(snapshot, func(w *retention.Wish) { w.Lock = "knit" }), "(knit)", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := row.wish.Refusal()
			if row.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			no, refused := errors.AsType[retention.RefusalError](err)
			if !refused || !strings.Contains(no.Text, row.want) || no.Passes != row.passes {
				t.Errorf("got %#v, want %q, passes %t", err, row.want, row.passes)
			}
		})
	}
}

func TestNames_areWhatProxmoxTakes(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_-]{1,39}$`) // pve-behaviour §14
	d := day(t, "2026-06-03")
	for _, name := range []string{retention.ScheduledName(d), retention.ManualName(utc(t, "2026-06-03 23:59:59"))} {
		if !valid.MatchString(name) || !retention.OwnName(name) {
			t.Errorf("%q: valid %t, own %t", name, valid.MatchString(name), retention.OwnName(name))
		}
	}
	for _, name := range []string{"before_update", "scheduler_x", "manual_2026-06-03", "current"} {
		if retention.OwnName(name) {
			t.Errorf("%q is taken for our own", name)
		}
	}
	if got := retention.ScheduledText(d); got != "Scheduler: 2026-06-03" {
		t.Errorf("got %q", got)
	}
}
