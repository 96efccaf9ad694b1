package machines

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

// Records are what the ledger says about DNS.
type Records interface {
	DNSRecords(ctx context.Context, serviceID int64) ([]ledger.Row, error)
	DNSZones(ctx context.Context) ([]zones.Zone, error)
}

// record is a DNS record of a machine.
type record struct {
	ZoneID    int64     `json:"zone_id"`
	Zone      string    `json:"zone"` // "" = its entry was removed
	Type      string    `json:"type"`
	Name      string    `json:"name"`
	Value     string    `json:"value"`
	State     string    `json:"state"` // live, pending_create or pending_delete
	Ours      bool      `json:"ours"`  // false = it was there before us and is never removed
	LastError string    `json:"last_error,omitempty"`
	NextTry   time.Time `json:"next_try,omitzero"`
}

func (f *Office) records(ctx context.Context, serviceID int64) ([]record, error) {
	rows, err := f.Records.DNSRecords(ctx, serviceID)
	if err != nil {
		return nil, err
	}
	list, err := f.Records.DNSZones(ctx)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, z := range list {
		names[z.ID] = z.Name
	}
	records := make([]record, len(rows))
	for i, r := range rows {
		records[i] = record{
			ZoneID: r.ZoneID, Zone: names[r.ZoneID], Type: string(r.Type), Name: r.Name, Value: r.Content,
			State: string(r.State), Ours: r.Ours, LastError: r.LastError, NextTry: r.Due,
		}
	}
	return records, nil
}

// tellLeft says that records of a service without a machine are on their way out.
func (f *Office) tellLeft(ctx context.Context, serviceID int64, out io.Writer) error {
	rows, err := f.Records.DNSRecords(ctx, serviceID)
	if err == nil && len(rows) > 0 {
		_, err = fmt.Fprintf(out, "Its DNS records are ordered to go (%d); a running kvmbridge serve removes them.\n", len(rows))
	}
	return err
}

// recordList is a line per record.
func recordList(list []record) string {
	lines := make([]string, len(list))
	for i, r := range list {
		zone := r.Zone
		if zone == "" {
			zone = fmt.Sprintf("zone %d (removed)", r.ZoneID)
		}
		lines[i] = fmt.Sprintf("%s %s %s in %s: %s", r.Type, r.Name, r.Value, zone, r.standing())
	}
	return strings.Join(lines, "\n")
}

// standing says how a record is, and why not better.
func (r record) standing() string {
	text := map[dns.State]string{dns.Live: "live", dns.PendingCreate: "has to be written", dns.PendingDelete: "has to go"}[dns.State(r.State)]
	if r.State == string(dns.Live) && !r.Ours {
		text += ", was there before us"
	}
	if r.LastError != "" {
		text += "; last error: " + r.LastError
	}
	if r.LastError != "" && !r.NextTry.IsZero() {
		text += "; next try " + moment(r.NextTry)
	}
	return text
}
