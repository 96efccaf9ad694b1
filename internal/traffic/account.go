package traffic

import "time"

// Retention is how long hours are kept.
const Retention = 35 * 24 * time.Hour

// Month is what passed in the present billing period so far.
type Month struct {
	From time.Time // start of the period, zero = nothing is known of any yet
	Volume
	Estimated uint64 // bytes of In and Out together that come from averages
}

// State is what has to be known of a service to go on counting.
type State struct {
	Last     Reading // zero = there was none
	Open     Hour    // the hour that still grows; its bytes are in Month already. No Start = none
	Month    Month
	Standing Standing
}

// Account is a service whose traffic is counted.
type Account struct {
	ServiceID int64
	Guest
	Ordered    time.Time // when the present order was written down
	Registered time.Time // day on which WHMCS's service began, zero = not known
	Due        time.Time // day on which WHMCS bills it next, zero = not known
	Version    int64     // of State
	State
}

// Update is a step from one state of an account to the next. It takes effect as a whole or, if the account has moved on
// since, not at all.
type Update struct {
	Account          // with the new State; Version is the old one's
	Was     State    // the old State as it was read; zero = not known, then all of State is written
	Closed  []Hour   // hours that grow no more
	Entries []string // for WHMCS's activity log
	Mails   []Mail   // to the owner
	Rate    bool     // the network card has to take another rate, as Standing says
}

// Mail is a template of WHMCS with the fields that WHMCS does not know by itself.
type Mail struct {
	Template string
	Vars     map[string]string
}

// Book adds hours, in their order, and the reading that ends them; closed are those that grow no more.
func (s State) Book(next Reading, hours []Hour, calendar Calendar) (_ State, closed []Hour) {
	var period Span
	for _, h := range hours {
		if !period.Holds(h.Start) {
			period = calendar.Period(h.Start)
		}
		s.Month.add(h, period.From)
		switch {
		case s.Open.Start.IsZero():
			s.Open = h
		case !h.Start.After(s.Open.Start): // never lose one, wherever the clocks were set
			s.Open.Volume, s.Open.Estimated = s.Open.Plus(h.Volume), s.Open.Estimated+h.Estimated
		default:
			closed, s.Open = append(closed, s.Open), h
		}
	}
	s.Last = next
	return s, closed
}

// add counts an hour of the period that begins at from, if that is no earlier one.
func (m *Month) add(h Hour, from time.Time) {
	switch {
	case from.After(m.From):
		*m = Month{From: from, Volume: h.Volume, Estimated: h.Estimated}
	case from.Equal(m.From):
		m.Volume, m.Estimated = m.Plus(h.Volume), m.Estimated+h.Estimated
	}
}

// Current is the month at now; known = there is something known of it. A month that has just begun is not: nobody may take
// its silence for a 0.
func (s State) Current(now time.Time, calendar Calendar) (_ Month, known bool) {
	from := calendar.Period(now).From
	if !s.Month.From.Equal(from) {
		return Month{From: from}, false
	}
	return s.Month, true
}

// Moved tells the start of the period that Month should be of when it is of another one: the rule changed, or the day on
// which the service is billed, or nothing is known of the present period yet. The month must then be summed up anew.
func (s State) Moved(calendar Calendar) (from time.Time, moved bool) {
	if s.Last.At.IsZero() || s.Month.From.IsZero() {
		return time.Time{}, false
	}
	from = calendar.Period(s.Last.At).From
	return from, !from.Equal(s.Month.From)
}

// Summed puts a month in place of the present one: what the closed hours since from make, and the open one.
func (s State) Summed(from time.Time, closed Month) State {
	closed.From = from
	if !s.Open.Start.IsZero() && !s.Open.Start.Before(from) {
		closed.Volume, closed.Estimated = closed.Plus(s.Open.Volume), closed.Estimated+s.Open.Estimated
	}
	s.Month = closed
	return s
}

// Calendar tells the account's billing periods.
func (a Account) Calendar(rule Rule, zone *time.Location) Calendar {
	return rule.CalendarOf(zone, a.Registered, a.Due)
}
