package cloudflare

import (
	"errors"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// order is a change on its way.
type order struct {
	change dns.Change
	result *dns.Result
	done   bool // nothing is left to try
	looked bool
	lost   []op // writes whose answer was lost
}

// kind of an op, in the order in which single ones are sent: what is right comes before what is wrong goes.
type kind int

const (
	create kind = iota
	amend
	remove
)

// op is one write.
type op struct {
	order *order
	kind  kind
	id    string // of the record, but for create
	value string
	// foreign: the record is somebody else's and goes only if ours has come.
	foreign bool
}

// plan compares the change with all records of its name and returns what to write. It closes the order when nothing is.
func (o *order) plan(there []record) []op {
	c := o.change
	var ours []record
	for _, r := range there {
		if r.Type == c.Type {
			ours = append(ours, r)
		}
	}
	o.remember(ours)
	if o.conflicts(there, ours) {
		return nil
	}
	ops := o.additions(ours)
	for _, r := range ours {
		stray := o.foreign(r)
		if stray && c.Sole && len(c.Add) > 0 || !stray && !slices.Contains(c.Add, r.value()) {
			ops = append(ops, op{order: o, kind: remove, id: r.ID, value: r.value(), foreign: stray})
		}
	}
	o.settleLost(ops)
	slices.SortStableFunc(ops, func(a, b op) int { return int(a.kind) - int(b.kind) })
	o.done, o.result.Err = len(ops) == 0, nil
	return ops
}

// remember notes what was there before the first write.
func (o *order) remember(ours []record) {
	if o.looked {
		return
	}
	o.looked = true
	for _, r := range ours {
		if v := r.value(); slices.Contains(o.change.Add, v) {
			o.found(v)
		}
	}
}

func (o *order) found(value string) {
	if !slices.Contains(o.result.Found, value) {
		o.result.Found = append(o.result.Found, value)
	}
}

// foreign tells a record that the change does not name.
func (o *order) foreign(r record) bool {
	return !slices.Contains(o.change.Add, r.value()) && !slices.Contains(o.change.Remove, r.value())
}

// conflicts closes the order when somebody else's record is in the way of an addition.
func (o *order) conflicts(there, ours []record) bool {
	if len(o.change.Add) == 0 {
		return false
	}
	if i := slices.IndexFunc(there, func(r record) bool { return r.Type == cname }); i >= 0 {
		o.close(complain(dns.ErrForeign, "A CNAME record holds the name %s (to %s). Remove it at Cloudflare or choose another name.", o.change.Name, there[i].Content))
		return true
	}
	if !o.change.Sole || o.change.TakeOver {
		return false
	}
	var strangers []string
	for _, r := range ours {
		if o.foreign(r) {
			strangers = append(strangers, r.value())
		}
	}
	if len(strangers) == 0 {
		return false
	}
	o.close(complain(dns.ErrForeign, "%s already has the %s record %s, which is not ours. Remove it at Cloudflare, or allow this zone to take over reverse records.",
		o.change.Name, o.change.Type, strings.Join(strangers, ", ")))
	return true
}

// additions are what has to be created, and what is there and differs in more than its value.
func (o *order) additions(ours []record) []op {
	var ops []op
	for _, v := range o.change.Add {
		i := slices.IndexFunc(ours, func(r record) bool { return r.value() == v })
		switch {
		case i < 0:
			ops = append(ops, op{order: o, kind: create, value: v})
		case ours[i].direct(o.change.TTL):
		case ours[i].Proxied && !sameHouse(ours[i].Comment, o.change.Owner):
			o.result.Warning = "The record " + v + " is proxied and was not made by us, so it stays proxied: the world sees an address of Cloudflare instead."
		default:
			ops = append(ops, op{order: o, kind: amend, id: ours[i].ID, value: v})
		}
	}
	return ops
}

// settleLost takes a write with a lost answer for done when it is no longer to do.
func (o *order) settleLost(ops []op) {
	for _, lost := range o.lost {
		if !slices.ContainsFunc(ops, lost.like) {
			o.result.Written = true
		}
	}
}

// close ends the order; nil is success.
func (o *order) close(err error) { o.done, o.result.Err = true, err }

// missed notes that an op failed. What passes leaves the order open for another look.
func (o *order) missed(p op, err error) {
	if dns.Lasting(err) {
		o.close(err)
		return
	}
	if uncertain(err) {
		o.lost = append(o.lost, p)
	}
	if says(err, codeExists, codeIdentical) && !slices.ContainsFunc(o.lost, p.like) {
		o.found(p.value)
	}
	if !o.done {
		o.result.Err = err
	}
}

func (p op) like(q op) bool { return p.kind == q.kind && p.value == q.value }

// uncertain tells an error after which the write may have been carried out.
func uncertain(err error) bool {
	var later *dns.LaterError
	if err == nil || errors.As(err, &later) {
		return false
	}
	return !says(err, codeExists, codeIdentical, codeNoRecord) && !wire.Unsent(err)
}
