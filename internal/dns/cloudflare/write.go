package cloudflare

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

const (
	// perBatch is the smallest plan's limit of operations in one batch.
	perBatch = 200
	// sweepTime bounds the removal of a record that was stored under a wrong name.
	sweepTime = 20 * time.Second
)

// writer carries out the ops of one attempt.
type writer struct {
	z *Zone
	// full is the refusal of a create for the zone's quota; the next ones need not be sent.
	full error
}

// write sends groups of ops, one group per order. Ops that fail are told to their orders; an error is about the zone and
// ends the attempt.
func (w *writer) write(ctx context.Context, groups [][]op) error {
	// What removes comes first and makes room.
	slices.SortStableFunc(groups, func(a, b []op) int { return int(b[len(b)-1].kind) - int(a[len(a)-1].kind) })
	for _, chunk := range chunks(groups) {
		if err := w.send(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// chunks fills batches. A group that is too long for one is cut; its creates come before its removes all the same.
func chunks(groups [][]op) [][][]op {
	var all [][][]op
	room := 0
	for _, group := range groups {
		for piece := range slices.Chunk(group, perBatch) {
			if len(piece) > room {
				all, room = append(all, nil), perBatch
			}
			all[len(all)-1] = append(all[len(all)-1], piece)
			room -= len(piece)
		}
	}
	return all
}

// send tries groups in one batch, which is all or nothing; when one of them spoils it, in halves, and a single group op by op.
func (w *writer) send(ctx context.Context, groups [][]op) error {
	ops := slices.Concat(groups...)
	if w.full != nil && !slices.ContainsFunc(ops, func(p op) bool { return p.kind != create }) {
		return w.missed(ops, w.full)
	}
	if len(ops) == 1 {
		_, err := w.single(ctx, ops[0])
		return err
	}
	err := w.batch(ctx, ops)
	switch {
	case err == nil:
		for _, p := range ops {
			p.order.result.Written = true
		}
		return nil
	case !aboutOne(err):
		return w.missed(ops, err)
	case len(groups) == 1:
		return w.singly(ctx, ops)
	}
	half := len(groups) / 2
	if err := w.send(ctx, groups[:half]); err != nil {
		return err
	}
	return w.send(ctx, groups[half:])
}

// aboutOne tells a refusal that one record earned, not the call.
func aboutOne(err error) bool {
	return !wide(err) && (dns.Lasting(err) || says(err, codeExists, codeIdentical, codeNoRecord))
}

// missed tells the orders; an error about the zone is handed on instead.
func (w *writer) missed(ops []op, err error) error {
	if wide(err) {
		return err
	}
	for _, p := range ops {
		p.order.missed(p, err)
	}
	return nil
}

// singly sends the ops of one order. Somebody else's record goes only if ours has come, and after a failure that passes
// nothing is sent before another look.
func (w *writer) singly(ctx context.Context, ops []op) error {
	refused := false
	for _, p := range ops {
		if p.foreign && refused {
			continue
		}
		failed, err := w.single(ctx, p)
		if err != nil {
			return err
		}
		if failed != nil && !dns.Lasting(failed) {
			return nil
		}
		refused = refused || failed != nil
	}
	return nil
}

// single sends one op. failed was told to the order; err is about the zone.
func (w *writer) single(ctx context.Context, p op) (failed, err error) {
	z := w.z
	switch p.kind {
	case create:
		var made record
		failed = z.send(ctx, http.MethodPost, z.path("dns_records"), p.post(), &made)
		if failed == nil {
			err = z.sweep(ctx, []op{p}, []record{made})
		}
	case amend:
		body := p.patch()
		body.ID = ""
		failed = z.send(ctx, http.MethodPatch, z.path("dns_records", p.id), body, nil)
	case remove:
		failed = z.send(ctx, http.MethodDelete, z.path("dns_records", p.id), nil, nil)
		if says(failed, codeNoRecord) {
			return nil, nil // somebody was faster
		}
	}
	switch {
	case err != nil:
		return nil, err
	case failed == nil:
		p.order.result.Written = true
		return nil, nil
	case says(failed, codeQuota):
		w.full = failed
	}
	return failed, w.missed([]op{p}, failed)
}

func (p op) post() newRecord {
	c := p.order.change
	return newRecord{Type: c.Type, Name: c.Name, Content: p.value, TTL: c.TTL, Comment: c.Owner}
}

func (p op) patch() amendment { return amendment{ID: p.id, TTL: p.order.change.TTL} }

// batch sends all ops in one call.
func (w *writer) batch(ctx context.Context, ops []op) error {
	var body struct {
		Deletes []reference `json:"deletes,omitempty"`
		Patches []amendment `json:"patches,omitempty"`
		Posts   []newRecord `json:"posts,omitempty"`
	}
	for _, p := range ops {
		switch p.kind {
		case create:
			body.Posts = append(body.Posts, p.post())
		case amend:
			body.Patches = append(body.Patches, p.patch())
		case remove:
			body.Deletes = append(body.Deletes, reference{p.id})
		}
	}
	var made struct {
		Posts []record `json:"posts"`
	}
	if err := w.z.send(ctx, http.MethodPost, w.z.path("dns_records", "batch"), body, &made); err != nil {
		return err
	}
	return w.z.sweep(ctx, ops, made.Posts)
}

// sweep removes what was stored under a name that nobody asked for, which happens when the zone has another name than
// it had when it was last looked at. It then fails, for nothing can be written here.
func (z *Zone) sweep(ctx context.Context, ops []op, made []record) error {
	asked := map[string]bool{}
	for _, p := range ops {
		asked[p.order.change.Name] = true
	}
	strays := slices.DeleteFunc(slices.Clone(made), func(r record) bool { return asked[strings.ToLower(r.Name)] })
	if len(strays) == 0 {
		return nil
	}
	z.account.learn(z.id, "")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTime)
	defer cancel()
	end := "It was removed again."
	for _, r := range strays {
		_, err := wire.Retry(ctx, z.tries, func() (struct{}, error) {
			return struct{}{}, z.send(ctx, http.MethodDelete, z.path("dns_records", r.ID), nil, nil)
		})
		if err != nil && !says(err, codeNoRecord) {
			end = "It could not be removed again: please do that at Cloudflare."
		}
	}
	r := strays[0]
	return &refusal{text: "Cloudflare stored a record as " + r.Name + ", so the zone name differs from " + z.name + ". " + end, meaning: meaning{
		kind: dns.ErrRefused, wide: true, hint: "Correct the zone ID.",
	}}
}
