package zones

import (
	"context"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

const recordsPerPage = 25

func (p *page) records(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	return p.pending(ctx, r, "")
}

// pending lists the records of a zone that are not right yet; notice is the key of what was just done with them.
func (p *page) pending(ctx context.Context, r *pages.Request, notice string) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	q := ledger.Question{ZoneID: id, Failed: r.Query.Get("failed") != "", Search: r.Query.Get("search"), Offset: offset(r), Limit: recordsPerPage}
	found, err := p.desk.Pending(ctx, q)
	if err != nil {
		return pages.Answer{}, sentence(err)
	}
	link := func(from int) string {
		return r.To(name, "part", "records", "id", id, "search", q.Search, "failed", r.Query.Get("failed"), "from", from)
	}
	shown := web.ZoneRecords{
		Site: r.Site, Zone: rowOf(found.Listed), Notice: notice, Search: q.Search, Failed: q.Failed, Here: link(q.Offset),
		Pager: web.PagerOf(q.Offset, recordsPerPage, len(found.Rows), found.Found, link),
	}
	shown.Pager.Dialog = true
	now := p.clock.Now()
	for _, row := range found.Rows {
		shown.Rows = append(shown.Rows, recordOf(row, now))
	}
	shown.Refresh = pause(shown.Rows)
	html, err := p.web.ZoneRecords(shown)
	return p.answer("zone_records_title", html, err)
}

func recordOf(row ledger.Row, now time.Time) web.ZoneRecord {
	return web.ZoneRecord{
		ID: row.ID, ServiceID: row.ServiceID, Name: row.Name, Type: string(row.Type), Value: row.Content, Wanted: wanted(row.State),
		Attempts: row.Attempts, Error: row.LastError, Next: row.Due, Now: !row.Due.IsZero() && !row.Due.After(now),
	}
}

func wanted(s dns.State) string {
	switch s {
	case dns.PendingCreate:
		return "zone_wanted_write"
	case dns.PendingDelete:
		return "zone_wanted_remove"
	case dns.Live:
	}
	return "zone_wanted_check"
}

// pause is how long the list stays as it is, in seconds: short while something is under way, 0 when nothing changes by itself.
func pause(rows []web.ZoneRecord) (seconds int) {
	for _, row := range rows {
		switch {
		case row.Now:
			return 2
		case !row.Next.IsZero():
			seconds = 15
		}
	}
	return seconds
}

// retry makes one record due, or all that failed.
func (p *page) retry(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	notice, err := p.due(ctx, r, id)
	if err != nil {
		return pages.Answer{}, sentence(err)
	}
	if r.Bare {
		return p.pending(ctx, r, "notice_"+notice)
	}
	return pages.Done(r, notice, "part", "records", "id", id), nil
}

// due says what came of it, as the key of a notice.
func (p *page) due(ctx context.Context, r *pages.Request, zone int64) (string, error) {
	if r.Form.Get("all") != "" {
		n, err := p.desk.RetryZone(ctx, zone)
		if n == 0 {
			return "zone_quiet", err
		}
		return "zone_retried", err
	}
	record, _ := strconv.ParseInt(r.Form.Get("record"), 10, 64) // no record has the id 0
	due, err := p.desk.RetryRecord(ctx, zone, record)
	if !due {
		return "record_quiet", err
	}
	return "record_retried", err
}
