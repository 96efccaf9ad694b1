package powerdns

import (
	"context"
	"net/http"
	"slices"
)

// chunk is how many sets go into one PATCH; a body over 2 MB is refused.
const chunk = 1000

// edit is a set that has to be written.
type edit struct {
	set   *set
	sends []rrset
}

// write carries a settled job out: one PATCH, as far as it goes.
func (z *Zone) write(ctx context.Context, j *job, found zone) {
	var edits []edit
	for _, s := range j.sets {
		if !s.next.equal(s.was) {
			edits = append(edits, edit{s, sends(s, z.server.can.single)})
		}
	}
	written := 0
	for part := range slices.Chunk(edits, chunk) {
		written += z.patch(ctx, j, part)
	}
	if written > 0 && found.DNSSEC && !found.APIRectify {
		// False says that nobody asked for it, not that the server leaves it out; once more does no harm.
		z.rectify(ctx, j, edits)
	}
}

// patch sends some edits and returns how many were written. The server refuses all for one: halves then find which.
func (z *Zone) patch(ctx context.Context, j *job, edits []edit) int {
	var body struct {
		Sets []rrset `json:"rrsets"`
	}
	sets := make([]*set, 0, len(edits))
	for _, e := range edits {
		body.Sets = append(body.Sets, e.sends...)
		sets = append(sets, e.set)
	}
	err := z.api.send(ctx, http.MethodPatch, z.path(), body)
	if err == nil {
		return len(edits)
	}
	if s := status(err); s != http.StatusUnprocessableEntity && s != http.StatusBadRequest && s != http.StatusRequestEntityTooLarge {
		j.fail(sets, z.explain(ctx, err))
		return 0
	}
	if half := len(edits) / 2; half > 0 {
		return z.patch(ctx, j, edits[:half]) + z.patch(ctx, j, edits[half:])
	}
	if whole := sends(edits[0].set, false); z.server.can.single && whole[0].ChangeType != edits[0].sends[0].ChangeType {
		return z.patch(ctx, j, []edit{{edits[0].set, whole}})
	}
	j.fail(sets, err)
	return 0
}

func (z *Zone) rectify(ctx context.Context, j *job, edits []edit) {
	err := z.api.send(ctx, http.MethodPut, z.path()+"/rectify", nil)
	if err == nil {
		return
	}
	for _, e := range edits {
		for _, o := range e.set.orders {
			if r := &j.results[o.index]; r.Err == nil && r.Written {
				r.Warning = "written, but the signed zone could not be rectified: " + err.Error()
			}
		}
	}
}

// sends are the changes that make a set what it has to be. A server that merges is told the single record, so that what
// others write at the same moment stays.
func sends(s *set, single bool) []rrset {
	if single {
		if few := singles(s); few != nil {
			return few
		}
	}
	if len(s.next.records) == 0 {
		return []rrset{s.send("DELETE", 0)}
	}
	return []rrset{s.send("REPLACE", s.next.ttl, s.next.records...)}
}

// singles is nil when more than one record comes or goes, or the TTL changes.
func singles(s *set) []rrset {
	come, gone := missing(s.next.records, s.was.records), missing(s.was.records, s.next.records)
	if len(come) > 1 || len(gone) > 1 || len(s.was.records) > 0 && len(s.next.records) > 0 && s.was.ttl != s.next.ttl {
		return nil
	}
	if slices.ContainsFunc(append(slices.Clone(come), gone...), func(r record) bool { return r.Disabled }) {
		return nil
	}
	var few []rrset
	for _, r := range come {
		few = append(few, s.send("EXTEND", s.next.ttl, r))
	}
	for _, r := range gone {
		few = append(few, s.send("PRUNE", s.was.ttl, r))
	}
	return few
}

// missing are the records of a that b has not.
func missing(a, b []record) (only []record) {
	for _, r := range a {
		if !slices.Contains(b, r) {
			only = append(only, r)
		}
	}
	return only
}

func (s *set) send(change string, ttl int64, records ...record) rrset {
	return rrset{Name: s.name + ".", Type: string(s.typ), TTL: ttl, ChangeType: change, Records: append([]record{}, records...)}
}
