package pools

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
)

// Imported counts what came of a CSV text.
type Imported struct {
	Added int
	Same  int // pools that exist already with exactly these fields
}

// Import adds the pools of a CSV text (ippool.ReadCSV), all of them or none. A line that is an existing pool in every field
// is left as it is. Errors about the text are ippool.LineErrors.
func (b *Book) Import(ctx context.Context, by int64, text string) (Imported, error) {
	lines, err := ippool.ReadCSV(text)
	if err != nil {
		return Imported{}, err
	}
	var faults ippool.LineErrors
	for _, l := range lines {
		_, wrong := l.Form.Pool()
		faults = append(faults, at(l, wrong)...)
	}
	if len(faults) > 0 {
		return Imported{}, faults
	}
	var done Imported
	err = b.change(ctx, by, func(q *sqlx.Tx) (err error) {
		done, err = b.load(ctx, q, by, lines)
		return err
	})
	return done, wrap(err, "import IP pools")
}

func at(l ippool.Line, faults ippool.FormErrors) ippool.LineErrors {
	var list ippool.LineErrors
	for _, f := range faults {
		list = append(list, ippool.LineFault{Line: l.Number, Fault: f})
	}
	return list
}

func (b *Book) load(ctx context.Context, q *sqlx.Tx, by int64, lines []ippool.Line) (Imported, error) {
	s, err := newShelf(ctx, q)
	if err != nil {
		return Imported{}, err
	}
	var faults ippool.LineErrors
	for _, l := range lines {
		faults = append(faults, s.put(l)...)
	}
	if len(faults) > 0 {
		return Imported{}, faults
	}
	for _, f := range s.fresh {
		if _, err := b.insert(ctx, q, by, f); err != nil {
			return Imported{}, err
		}
	}
	return Imported{Added: len(s.fresh), Same: s.same}, nil
}

// shelf is where the lines of an import have to find room.
type shelf struct {
	servers map[int64]bool
	stored  map[ippool.Form]bool
	places  map[network][]standing
	fresh   []ippool.Form
	same    int
}

// standing is a pool that is there already, or a line before.
type standing struct {
	pool ippool.Pool
	name string
}

func newShelf(ctx context.Context, q *sqlx.Tx) (*shelf, error) {
	s := &shelf{servers: map[int64]bool{}, stored: map[ippool.Form]bool{}, places: map[network][]standing{}}
	var servers []int64
	if err := q.SelectContext(ctx, &servers, "SELECT id FROM tblservers WHERE type = ?", serverModule); err != nil {
		return nil, err
	}
	for _, id := range servers {
		s.servers[id] = true
	}
	rows, err := readRows(ctx, q, addresses.SelectPools+" ORDER BY id")
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		s.stored[r.Form().Tidy()] = true
		s.stand(r.pool, fmt.Sprintf("pool %d (%s - %s)", r.ID, r.pool.First, r.pool.Last))
	}
	return s, nil
}

func (s *shelf) stand(p ippool.Pool, name string) {
	n := networkOf(p)
	s.places[n] = append(s.places[n], standing{p, name})
}

// put finds room for a line.
func (s *shelf) put(l ippool.Line) ippool.LineErrors {
	f := l.Form.Tidy()
	if s.stored[f] {
		s.same++
		return nil
	}
	p, _ := f.Pool()
	var faults ippool.FormErrors
	if !s.servers[p.ServerID] {
		faults = append(faults, ippool.Fault{Field: ippool.FieldServer, Text: noServer(p.ServerID)})
	}
	var others []string
	for _, o := range s.places[networkOf(p)] {
		if ippool.Overlaps(o.pool, p) {
			others = append(others, o.name)
		}
	}
	if len(others) > 0 {
		faults = append(faults, ippool.Fault{Field: ippool.FieldStart, Text: overlapFault(others)})
	}
	s.stand(p, fmt.Sprintf("line %d (%s - %s)", l.Number, p.First, p.Last))
	s.fresh = append(s.fresh, f)
	return at(l, faults)
}
