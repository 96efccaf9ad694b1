package copies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// longest is how long a cluster may keep a page waiting, whatever the settings say: WHMCS waits a little longer for the page.
const longest = 7 * time.Second

// granted are the terms of a service, or why they cannot be read.
type granted struct {
	keeping.Terms
	err error
}

// refusal says why there can be no further copy; "" when there can.
func (g granted) refusal(kind keeping.Kind, have int) string {
	if g.err != nil {
		return sentence(g.err)
	}
	if no, ok := errors.AsType[retention.RefusalError](g.Refusal(kind, have)); ok {
		return no.Text
	}
	return ""
}

func (g granted) quota(kind keeping.Kind) int {
	if kind == keeping.Backup {
		return g.Backups
	}
	return g.Snapshots
}

// shelves are both kinds; their lists are read at the same time.
func (p *Page) shelves(ctx context.Context, s sight) ([]web.CopyShelf, error) {
	terms, err := p.Keeper.Terms(ctx, s.id)
	g := granted{terms, err}
	kinds := []keeping.Kind{keeping.Backup, keeping.Snapshot}
	shelves, faults := make([]web.CopyShelf, len(kinds)), make([]error, len(kinds))
	var group sync.WaitGroup
	for i, kind := range kinds {
		group.Go(func() {
			shelves[i].List = p.list(ctx, s, g, kind)
			shelves[i].Plan, faults[i] = p.planOf(ctx, s, g, kind)
		})
	}
	group.Wait()
	return shelves, errors.Join(faults...)
}

func (p *Page) list(ctx context.Context, s sight, g granted, kind keeping.Kind) web.CopyList {
	l := web.CopyList{Site: s.Site, ServiceID: s.id, Kind: string(kind), Again: againFor(s, kind), Max: g.quota(kind)}
	rows, err := p.rows(ctx, s, g.Terms, kind)
	l.Rows, l.Known = rows, err == nil
	if err != nil {
		l.Why = sentence(err)
	}
	l.Refused = g.refusal(kind, len(rows))
	if s.told.kind == kind {
		l.Note = s.told.note
	}
	return l
}

// rows asks the cluster; the error is for the person.
func (p *Page) rows(ctx context.Context, s sight, terms keeping.Terms, kind keeping.Kind) ([]web.Copy, error) {
	limit := min(p.Limit(ctx), longest)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var rows []web.Copy
	var err error
	if kind == keeping.Backup {
		rows, err = p.backups(ctx, s)
	} else {
		rows, err = p.snapshots(ctx, s, terms)
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("Proxmox gave no answer within %s. Try again later", limit) //nolint:staticcheck // it begins with a name
	}
	return rows, err
}

func (p *Page) backups(ctx context.Context, s sight) (rows []web.Copy, err error) {
	list, err := p.Lists.Backups(ctx, s.id)
	for _, b := range list {
		c := web.Copy{ID: b.Volume, Date: stamp(b.Made, s.zone), Text: keeping.Text(b.Notes), Size: size(b.Size), Guarded: b.Protected, Marks: marksOf(b)}
		c.Useless = b.Size <= 0 || b.Verified == hypervisor.VerifiedBad
		rows = append(rows, c)
	}
	return rows, err
}

func marksOf(b hypervisor.Backup) []web.CopyMark {
	var marks []web.CopyMark
	if b.Protected {
		marks = append(marks, web.CopyMark{Key: "mark_protected", Tone: "kb-blue"})
	}
	switch {
	case b.Size <= 0:
		return append(marks, web.CopyMark{Key: "mark_written", Tone: "kb-busy"})
	case b.Verified == hypervisor.VerifiedGood:
		return append(marks, web.CopyMark{Key: "mark_good", Tone: "kb-good"})
	case b.Verified == hypervisor.VerifiedBad:
		return append(marks, web.CopyMark{Key: "mark_bad", Tone: "kb-bad"})
	}
	return append(marks, web.CopyMark{Key: "mark_unverified", Tone: "kb-idle"})
}

// size is a number of bytes for people; "" when it is not known.
func size(bytes int64) string {
	const mib = 1 << 20
	switch {
	case bytes <= 0:
		return ""
	case bytes < 1024*mib:
		return fmt.Sprintf("%d MiB", max(bytes/mib, 1))
	case bytes < 10*1024*mib:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(bytes)/(1024*mib)), ".0") + " GiB"
	}
	return fmt.Sprintf("%d GiB", (bytes+512*mib)/(1024*mib))
}

func (p *Page) snapshots(ctx context.Context, s sight, terms keeping.Terms) (rows []web.Copy, err error) {
	list, err := p.Lists.Snapshots(ctx, s.id)
	for _, x := range list {
		c := web.Copy{ID: x.Name, Date: stamp(x.Taken, s.zone), Text: cmp.Or(strings.TrimSpace(x.Description), x.Name), Rotates: terms.Rotates, Useless: x.Unfinished != ""}
		if terms.LifetimeDays > 0 && !terms.Rotates {
			c.Left = life(x.Taken.AddDate(0, 0, terms.LifetimeDays).Sub(s.now))
		}
		if key := "mark_" + x.Unfinished; p.Web.Text(key) != "" {
			c.Marks = []web.CopyMark{{Key: key, Tone: "kb-busy"}}
		}
		rows = append(rows, c)
	}
	return rows, err
}

// life is what is left of a snapshot's (product-spec §17.6).
func life(left time.Duration) string {
	seconds := int64(max(left, 0) / time.Second)
	return fmt.Sprintf("%d days %02d:%02d:%02d", seconds/86400, seconds/3600%24, seconds/60%60, seconds%60)
}

// sentence makes one of an error.
func sentence(err error) string {
	text := strings.TrimRight(strings.TrimSpace(err.Error()), ".")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
