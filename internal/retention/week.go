package retention

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Week is a weekly plan: at most one time of day per weekday. The zero Week is an empty plan.
type Week struct{ at [7]entry }

// entry of a weekday; on is false for a day without one.
type entry struct {
	on           bool
	hour, minute int
}

// ErrPlan is what every error of a plan matches.
var ErrPlan = errors.New("the weekly plan cannot be read")

// Set gives a weekday the time HH:MM; "" takes it out of the plan.
func (w *Week) Set(day time.Weekday, text string) error {
	e, err := parseTime(text)
	if err != nil || day < time.Sunday || day > time.Saturday {
		return fmt.Errorf("%w: %q for weekday %d: write days as 0 (Sunday) to 6 and times as HH:MM, such as 03:30", ErrPlan, text, int(day))
	}
	w.at[day] = e
	return nil
}

// Time is the time of a weekday as HH:MM, "" when the plan has none.
func (w Week) Time(day time.Weekday) string {
	if e := w.at[day]; e.on {
		return fmt.Sprintf("%02d:%02d", e.hour, e.minute)
	}
	return ""
}

// Empty tells whether the plan has no time at all.
func (w Week) Empty() bool { return w == Week{} }

// String is the JSON of a plan, {} for an empty one.
func (w Week) String() string {
	days := map[string]string{}
	for day := time.Sunday; day <= time.Saturday; day++ {
		if text := w.Time(day); text != "" {
			days[strconv.Itoa(int(day))] = text
		}
	}
	text, _ := json.Marshal(days) //nolint:errchkjson // a map of texts
	return string(text)
}

// ParseWeek reads the JSON of a plan: {"0":"03:30"}, 0 = Sunday. PHP writes a plan of all seven days, or of the first ones,
// as a list, and an empty one as [].
func ParseWeek(text string) (Week, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == "null" {
		return Week{}, nil
	}
	days, err := entries(text)
	if err != nil {
		return Week{}, err
	}
	var w Week
	for key, value := range days {
		day, err := strconv.Atoi(key)
		if err != nil {
			day = -1
		}
		if err := w.Set(time.Weekday(day), value); err != nil {
			return Week{}, err
		}
	}
	return w, nil
}

func entries(text string) (map[string]string, error) {
	var days map[string]string
	if json.Unmarshal([]byte(text), &days) == nil {
		return days, nil
	}
	var list []string
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil, fmt.Errorf("%w: %q is neither an object nor a list of times", ErrPlan, text)
	}
	days = map[string]string{}
	for i, value := range list {
		days[strconv.Itoa(i)] = value
	}
	return days, nil
}

// parseTime reads HH:MM, with seconds or without a leading zero too, as browsers and old records have it.
func parseTime(text string) (entry, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return entry{}, nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return entry{true, t.Hour(), t.Minute()}, nil
		}
	}
	return entry{}, ErrPlan
}
