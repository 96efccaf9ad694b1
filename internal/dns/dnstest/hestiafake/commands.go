package hestiafake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// job is a command that runs; it holds the panel's lock but while it waits.
type job struct {
	p    *Panel
	s    *State
	args []string
}

// arg is the n-th argument, from 1; "" when there are fewer.
func (j *job) arg(n int) string {
	if n > len(j.args) {
		return ""
	}
	return j.args[n-1]
}

// takes lets the time of a command pass; others run meanwhile, for nothing is locked in the original.
func (j *job) takes(d time.Duration) {
	if d <= 0 {
		return
	}
	j.p.mu.Unlock()
	defer j.p.mu.Lock()
	_ = clock.Sleep(context.Background(), j.p.clock, d) // the client may have left
}

// script is a command.
type script struct {
	args  int // that it needs at least
	usage string
	run   func(*job) result
	write bool
}

func scripts() map[string]script {
	return map[string]script{
		"v-list-dns-domains":  {1, "USER [FORMAT]", (*job).listZones, false},
		"v-list-dns-domain":   {2, "USER DOMAIN [FORMAT]", (*job).listZone, false},
		"v-list-dns-records":  {2, "USER DOMAIN [FORMAT]", (*job).listRecords, false},
		"v-list-user":         {1, "USER [FORMAT]", (*job).listUser, false},
		"v-add-dns-record":    {5, "USER DOMAIN RECORD TYPE VALUE [PRIORITY] [ID] [RESTART] [TTL]", (*job).add, true},
		"v-change-dns-record": {6, "USER DOMAIN ID RECORD TYPE VALUE [PRIORITY] [RESTART] [TTL]", (*job).change, true},
		"v-delete-dns-record": {3, "USER DOMAIN ID [RESTART]", (*job).remove, true},
		"v-restart-dns":       {0, "[RESTART]", (*job).restartDNS, false},
	}
}

// run carries a command out to its end.
func (p *Panel) run(req request) result {
	what, known := scripts()[req.cmd]
	if !known {
		return result{code: badArgs} // the shell's "command not found" goes nowhere
	}
	if len(req.args) < what.args {
		return result{code: badArgs, output: "Usage: " + req.cmd + " " + what.usage}
	}
	var res result
	p.Set(func(s *State) { res = what.run(&job{p: p, s: s, args: req.args}) })
	if what.write {
		p.wrote(res.code)
	}
	return res
}

func (p *Panel) wrote(code int) {
	p.mu.Lock()
	if code != invalid {
		p.writes++
	}
	f := p.onWrite
	p.mu.Unlock()
	if f != nil && code == ok {
		f()
	}
}

func (j *job) user() (*User, *result) {
	u := j.s.Users[j.arg(1)]
	if u == nil {
		return nil, fail(missing, "user "+j.arg(1)+" doesn't exist")
	}
	return u, nil
}

func (j *job) zone(name string) (*Zone, *result) {
	if bad := checkZone(name); bad != nil {
		return nil, bad
	}
	u, bad := j.user()
	if bad != nil {
		return nil, bad
	}
	if u.Zones[name] == nil {
		return nil, fail(missing, "dns domain "+name+" doesn't exist")
	}
	return u.Zones[name], nil
}

// writable finds the zone that an add or a change may touch.
func (j *job) writable() (*Zone, *result) {
	u, bad := j.user()
	if bad != nil {
		return nil, bad
	}
	if u.Suspended {
		return nil, fail(suspended, "user "+j.arg(1)+" is suspended")
	}
	name := writeZone(j.arg(2))
	z, bad := j.zone(name)
	if bad != nil {
		return nil, bad
	}
	if z.Suspended {
		return nil, fail(suspended, "dns "+name+" is suspended")
	}
	return z, nil
}

// first is the first refusal among checks, in order.
func first(checks ...*result) *result {
	for _, c := range checks {
		if c != nil {
			return c
		}
	}
	return nil
}

func (j *job) add() result {
	typ := strings.ToUpper(j.arg(4))
	name, badName := recordName(j.arg(3), typ)
	value, badValue := j.s.recordValue(typ, j.arg(5))
	z, badZone := j.writable()
	if bad := first(badName, checkType(typ), badValue, checkRestart(j.arg(8)), checkTTL(j.arg(9)), badZone); bad != nil {
		return *bad
	}
	if most := j.s.Users[j.arg(1)].Limit; most > 0 && len(z.Records) >= most {
		return *fail(limit, "DNS_RECORDS limit is reached :: upgrade user package")
	}
	id, bad := z.next(j.arg(7), j.s.SameID)
	if bad != nil {
		return *bad
	}
	j.takes(j.s.WriteTime)
	z.Records = append(z.Records, Record{ID: id, Name: name, Type: typ, Value: value, TTL: j.arg(9)})
	slices.SortStableFunc(z.Records, func(a, b Record) int { return a.ID - b.ID })
	if j.arg(8) != "no" && j.s.RestartFails {
		return *fail(invalid, "dns failed to restart") // and the record is there
	}
	return result{}
}

func (z *Zone) next(asked string, same bool) (int, *result) {
	if asked == "" && same {
		return max(z.highest(), 1), nil
	}
	if asked == "" {
		return z.highest() + 1, nil
	}
	if !idForm.MatchString(asked) {
		return 0, fail(invalid, "invalid id format :: "+asked)
	}
	id, _ := strconv.Atoi(asked)
	if slices.ContainsFunc(z.Records, func(r Record) bool { return r.ID == id }) {
		return 0, fail(exists, "ID="+asked+" already exists")
	}
	return id, nil
}

func (j *job) change() result {
	typ := strings.ToUpper(j.arg(5))
	name, badName := recordName(j.arg(4), typ)
	value, badValue := j.s.recordValue(typ, j.arg(6))
	z, badZone := j.writable()
	if bad := first(checkID(j.arg(3)), badName, checkType(typ), badValue, checkRestart(j.arg(8)), checkTTL(j.arg(9)), badZone); bad != nil {
		return *bad
	}
	id, _ := strconv.Atoi(j.arg(3))
	want := Record{ID: id, Name: name, Type: typ, Value: value, TTL: j.arg(9)}
	if !slices.ContainsFunc(z.Records, func(r Record) bool { return r.ID == id }) {
		return *fail(missing, fmt.Sprintf("%s id %d doesn't exist", writeZone(j.arg(2)), id))
	}
	if slices.Contains(z.Records, want) {
		return *fail(exists, "No pending changes in record")
	}
	j.takes(j.s.WriteTime)
	z.cut(id)
	z.Records = append(z.Records, want)
	slices.SortStableFunc(z.Records, func(a, b Record) int { return a.ID - b.ID })
	return result{}
}

func checkID(id string) *result {
	if !idForm.MatchString(id) {
		return fail(invalid, "invalid id format :: "+id)
	}
	return nil
}

// remove works in suspended zones, too, and takes every record with the id.
func (j *job) remove() result {
	name := writeZone(j.arg(2))
	z, badZone := j.zone(name)
	if bad := first(checkID(j.arg(3)), checkRestart(j.arg(4)), badZone); bad != nil {
		return *bad
	}
	id, _ := strconv.Atoi(j.arg(3))
	at := slices.IndexFunc(z.Records, func(r Record) bool { return r.ID == id })
	if at < 0 {
		return *fail(missing, fmt.Sprintf("%s id %d doesn't exist", name, id))
	}
	if typ := z.Records[at].Type; (typ == "A" || typ == "NS") && z.count(typ) <= 1 {
		return *fail(invalid, "at least one "+typ+" record should remain active")
	}
	j.takes(j.s.WriteTime)
	z.cut(id)
	if j.arg(4) != "no" && j.s.RestartFails {
		return *fail(noRestart, "Bind restart failed")
	}
	return result{}
}

func (z *Zone) count(typ string) (n int) {
	for _, r := range z.Records {
		if r.Type == typ {
			n++
		}
	}
	return n
}

func (j *job) restartDNS() result {
	if j.s.RestartFails {
		return *fail(noRestart, "Bind restart failed")
	}
	return result{}
}
