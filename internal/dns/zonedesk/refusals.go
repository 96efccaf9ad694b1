package zonedesk

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// ErrChanged says that somebody else changed the zone since it was shown.
var ErrChanged = errors.New("this zone was changed by somebody else meanwhile, so nothing was saved: look at what is saved now and change it again")

// NoZoneError says that there is no zone of an id.
type NoZoneError struct {
	ID    int64
	Zones []zones.Zone // those that there are, with their ids and names alone
}

func (e *NoZoneError) Error() string {
	if len(e.Zones) == 0 {
		return "no DNS zone is configured"
	}
	names := make([]string, len(e.Zones))
	for i, z := range e.Zones {
		names[i] = fmt.Sprintf("%d %s", z.ID, z.Name)
	}
	return fmt.Sprintf("there is no DNS zone %d; the zones are %s", e.ID, strings.Join(names, ", "))
}

func noZone(id int64, saved []zones.Zone) error {
	e := &NoZoneError{ID: id}
	for _, z := range saved {
		e.Zones = append(e.Zones, zones.Zone{ID: z.ID, Name: z.Name})
	}
	return e
}

// BehindError says that records of ours would stay where nobody touches them any more; it is no refusal of what is done
// with Anyway.
type BehindError struct {
	Zone    zones.Zone  // as it is saved, without secrets
	Wanted  *zones.Zone // what it was to become, without secrets; nil = it was to be deleted
	Records int         // > 0
}

func (e *BehindError) Error() string {
	return fmt.Sprintf("%s would stay behind in %s at %s, where nobody would touch them any more", Ours(e.Records), e.Zone.Name, e.Zone.Place())
}

// Ours counts records in words.
func Ours(n int) string {
	if n == 1 {
		return "1 record of ours"
	}
	return fmt.Sprintf("%d records of ours", n)
}

// pick finds the zone that a change is about, as it is now.
func pick(saved []zones.Zone, id int64, revision string) (zones.Zone, error) {
	i := slices.IndexFunc(saved, func(z zones.Zone) bool { return z.ID == id })
	switch {
	case i < 0:
		return zones.Zone{}, noZone(id, saved)
	case revision != "" && revision != saved[i].Revision:
		return zones.Zone{}, ErrChanged
	}
	return saved[i], nil
}
