package retention_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/kvmbridge/kvmbridge/internal/retention"
)

func week(t *testing.T, text string) retention.Week {
	t.Helper()
	w, err := retention.ParseWeek(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func utc(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func day(t *testing.T, text string) retention.Day {
	t.Helper()
	d, err := retention.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseWeek_readsWhatPHPWrites(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``: `{}`, `null`: `{}`, `[]`: `{}`, `{}`: `{}`,
		`{"0":"03:30","6":"23:59"}`: `{"0":"03:30","6":"23:59"}`,
		`{"3":"","4":"4:05"}`:       `{"4":"04:05"}`,
		`["01:00","02:00"]`:         `{"0":"01:00","1":"02:00"}`,
		`["01:00","01:00","01:00","01:00","01:00","01:00","07:00:00"]`: `{"0":"01:00","1":"01:00","2":"01:00","3":"01:00","4":"01:00","5":"01:00","6":"07:00"}`,
	} {
		if got := week(t, text); got.String() != want || got.Empty() != (want == `{}`) {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{`x`, `7`, `{"7":"01:00"}`, `{"-1":"01:00"}`, `{"a":"01:00"}`, `{"1":"24:00"}`, `{"1":"noon"}`, `{"1":3}`, `["01:00",2]`} {
		if _, err := retention.ParseWeek(text); !errors.Is(err, retention.ErrPlan) {
			t.Errorf("%s: got %v, want ErrPlan", text, err)
		}
	}
}

func TestPlan_aTimeThatClocksSkipOrRepeatCountsOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ zone, plan, day, at string }{
		"skipped: the moment of the jump":    {"Europe/Berlin", `{"0":"02:30"}`, "2026-03-29", "2026-03-29 01:00:00"},
		"right after the jump":               {"Europe/Berlin", `{"0":"03:00"}`, "2026-03-29", "2026-03-29 01:00:00"},
		"right before the jump":              {"Europe/Berlin", `{"0":"01:59"}`, "2026-03-29", "2026-03-29 00:59:00"},
		"repeated: the first":                {"Europe/Berlin", `{"0":"02:30"}`, "2026-10-25", "2026-10-25 00:30:00"},
		"after the repeated hour":            {"Europe/Berlin", `{"0":"03:00"}`, "2026-10-25", "2026-10-25 02:00:00"},
		"skipped in America":                 {"America/New_York", `{"0":"02:15"}`, "2026-03-08", "2026-03-08 07:00:00"},
		"repeated in America":                {"America/New_York", `{"0":"01:15"}`, "2026-11-01", "2026-11-01 05:15:00"},
		"half an hour in Australia":          {"Australia/Lord_Howe", `{"0":"02:10"}`, "2026-10-04", "2026-10-03 15:30:00"},
		"midnight skipped in Lebanon":        {"Asia/Beirut", `{"0":"00:00"}`, "2026-03-29", "2026-03-28 22:00:00"},
		"a whole day skipped in Samoa":       {"Pacific/Apia", `{"5":"03:00"}`, "2011-12-30", "2011-12-30 10:00:00"},
		"an ordinary day":                    {"Asia/Kolkata", `{"1":"00:15"}`, "2026-06-01", "2026-05-31 18:45:00"},
		"the far side of the date line":      {"Pacific/Kiritimati", `{"1":"00:15"}`, "2026-06-01", "2026-05-31 10:15:00"},
		"WHMCS without a zone of its own":    {"UTC", `{"1":"23:59"}`, "2026-06-01", "2026-06-01 23:59:00"},
		"a zone that left summer for ever":   {"America/Sao_Paulo", `{"0":"00:30"}`, "2018-11-04", "2018-11-04 03:00:00"},
		"winter begins before midnight ends": {"Asia/Amman", `{"5":"00:30"}`, "2021-10-29", "2021-10-28 21:30:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z, at := zone(t, row.zone), utc(t, row.at)
			p := retention.Plan{Week: week(t, row.plan), Last: day(t, row.day).Add(-7)}
			if s, is := p.Look(at.Add(-time.Second), z); is == retention.Due {
				t.Errorf("a second before %s: due with %v", row.at, s)
			}
			s, is := p.Look(at, z)
			if is != retention.Due || s.Day != day(t, row.day) || !s.At.Equal(at) {
				t.Errorf("got %v, %v; want due on %s at %s", s, is, row.day, row.at)
			}
			p.Last = s.Day
			for later := time.Minute; later < 24*time.Hour; later += 10 * time.Minute {
				if s, is := p.Look(at.Add(later), z); is != retention.Served {
					t.Fatalf("%s later: %v, %v; want served", later, s, is)
				}
			}
		})
	}
}

func TestPlan_whatWasMissedRunsOnceAndWhatWasNeverPromisedDoesNot(t *testing.T) {
	t.Parallel()
	daily := `["03:00","03:00","03:00","03:00","03:00","03:00","03:00"]`
	for name, row := range map[string]struct {
		plan, last, since, now string
		day                    string
		is                     retention.Standing
	}{
		"nothing planned":                       {`{}`, "", "", "2026-06-03 12:00:00", "", retention.Idle},
		"its time has not come":                 {`{"3":"13:00"}`, "2026-05-27", "", "2026-06-03 12:00:00", "2026-05-27", retention.Served},
		"its time has come":                     {`{"3":"12:00"}`, "2026-05-27", "", "2026-06-03 12:00:00", "2026-06-03", retention.Due},
		"done today":                            {`{"3":"12:00"}`, "2026-06-03", "", "2026-06-03 12:05:00", "2026-06-03", retention.Served},
		"three missed: only the latest":         {daily, "2026-05-30", "", "2026-06-03 02:00:00", "2026-06-02", retention.Due},
		"missed before midnight":                {`{"2":"23:50"}`, "2026-05-26", "", "2026-06-03 00:10:00", "2026-06-02", retention.Due},
		"missed a week ago":                     {`{"3":"12:30"}`, "2026-05-20", "", "2026-06-03 12:00:00", "2026-05-27", retention.Due},
		"saved after its time":                  {`{"3":"12:00"}`, "", "2026-06-03 12:01:00", "2026-06-03 12:05:00", "", retention.Idle},
		"saved before its time":                 {`{"3":"12:00"}`, "", "2026-06-03 11:59:00", "2026-06-03 12:05:00", "2026-06-03", retention.Due},
		"saved after the time of another day":   {`{"2":"12:00"}`, "2026-05-01", "2026-06-03 11:00:00", "2026-06-03 12:00:00", "", retention.Idle},
		"of an unknown age: today counts":       {`{"3":"12:00"}`, "", "", "2026-06-03 12:05:00", "2026-06-03", retention.Due},
		"of an unknown age: yesterday does not": {`{"2":"12:00"}`, "", "", "2026-06-03 12:05:00", "", retention.Idle},
		"last in a future that never was":       {`{"3":"12:00"}`, "2037-01-01", "", "2026-06-03 12:05:00", "2026-06-03", retention.Due},
		"last of a zone a day ahead":            {`{"3":"12:00","4":"12:00"}`, "2026-06-04", "", "2026-06-03 12:05:00", "2026-06-03", retention.Served},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := retention.Plan{Week: week(t, row.plan), Last: day(t, row.last)}
			if row.since != "" {
				p.Since = utc(t, row.since)
			}
			s, is := p.Look(utc(t, row.now), time.UTC)
			if is != row.is || s.Day != day(t, row.day) {
				t.Errorf("got %v, %v; want %q, %v", s, is, row.day, row.is)
			}
		})
	}
}

func TestDay_readsWhatDatabasesWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "never", "0000-00-00": "never", "2026-06-03": "2026-06-03"} {
		if got := day(t, text).String(); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if _, err := retention.ParseDay("03.06.2026"); err == nil {
		t.Error("a date of another form was taken")
	}
}

func TestNext_isTheFirstSlotAfterNow(t *testing.T) {
	t.Parallel()
	vienna := zone(t, "Europe/Vienna")
	for now, want := range map[string]string{ // the clocks jump from 02:00 to 03:00 on Sunday, 29 March 2026
		"2026-03-27 10:00:00": "2026-03-29 01:00:00",
		"2026-03-29 00:59:59": "2026-03-29 01:00:00",
		"2026-03-29 01:00:00": "2026-04-01 21:15:00",
		"2026-04-01 21:14:59": "2026-04-01 21:15:00",
		"2026-04-01 21:15:00": "2026-04-05 00:30:00",
	} {
		slot, found := week(t, `{"0":"02:30","3":"23:15"}`).Next(utc(t, now), vienna)
		if !found || !slot.At.Equal(utc(t, want)) || slot.Day != retention.DayOf(slot.At.In(vienna)) {
			t.Errorf("after %s: %v, %t; want %s", now, slot, found, want)
		}
	}
	if slot, found := (retention.Week{}).Next(utc(t, "2026-03-27 10:00:00"), vienna); found {
		t.Errorf("an empty plan has the slot %v", slot)
	}
}
