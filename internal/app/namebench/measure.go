package namebench

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

//go:embed floor.php
var floor []byte

const (
	listPath = "/modules/servers/puqProxmoxKVM/lib/dns/dns.php"
	rounds   = 5
	// settling is how long after a write the sidecar reads the list anew each time.
	settling = 3 * time.Second
)

// Place is a running installation with empty tables.
type Place struct {
	URL  string // of WHMCS, without a slash at the end
	Root string // its folder
	Exec func(ctx context.Context, query string, args ...any) error
}

// Result holds medians.
type Result struct {
	Floor     time.Duration // plain PHP
	Cold      time.Duration // after a change
	Full      time.Duration // the whole list, unchanged since the last poll of anybody
	Unchanged time.Duration // 304
	Size      int64         // bytes of the list
	Grown     int64         // bytes of memory, this process and thereby the sidecar
}

// Measure fills the tables and polls in turn.
func Measure(ctx context.Context, p Place) (Result, error) {
	if err := os.WriteFile(filepath.Join(p.Root, "floor.php"), floor, 0o600); err != nil {
		return Result{}, err
	}
	if err := p.fill(ctx); err != nil {
		return Result{}, err
	}
	if err := p.Exec(ctx, "INSERT INTO tbladdonmodules (module, setting, value) VALUES ('puq_proxmox_kvm', 'dns_addresses', '127.0.0.1')"); err != nil {
		return Result{}, err
	}
	watch := watchMemory()
	var all samples
	for range rounds {
		if err := p.round(ctx, &all); err != nil {
			return Result{}, errors.Join(err, ctx.Err())
		}
	}
	grown := watch.end()
	return Result{median(all.floor), median(all.cold), median(all.full), median(all.unchanged), all.size, grown}, nil
}

type samples struct {
	floor, cold, full, unchanged []time.Duration
	size                         int64
}

// round polls once in each way. Both lists must be the same, byte for byte.
func (p Place) round(ctx context.Context, all *samples) error {
	if err := p.Exec(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_name = CONCAT(COALESCE(vm_name, ''), 'x') WHERE service_id = ?", firstService+1); err != nil {
		return err
	}
	plain, err := p.poll(ctx, "/floor.php", "", http.StatusOK)
	if err != nil {
		return err
	}
	cold, err := p.poll(ctx, listPath, "", http.StatusOK)
	if err != nil {
		return err
	}
	if err := clock.Sleep(ctx, clock.System{}, settling); err != nil {
		return err
	}
	if _, err := p.poll(ctx, listPath, "", http.StatusOK); err != nil { // from now on it is known to be unchanged
		return err
	}
	full, err := p.poll(ctx, listPath, "", http.StatusOK)
	if err != nil {
		return err
	}
	same, err := p.poll(ctx, listPath, full.etag, http.StatusNotModified)
	if err != nil {
		return err
	}
	if plain.sum != full.sum || plain.sum != cold.sum {
		return fmt.Errorf("dns.php wrote another list (%d bytes) than plain PHP (%d bytes)", full.size, plain.size)
	}
	all.floor, all.cold = append(all.floor, plain.took), append(all.cold, cold.took)
	all.full, all.unchanged = append(all.full, full.took), append(all.unchanged, same.took)
	all.size = full.size
	return nil
}

// polled is an answer that has been read to its last byte.
type polled struct {
	took time.Duration
	etag string
	size int64
	sum  [sha256.Size]byte
}

// poll waits as it is told when it asks too often.
func (p Place) poll(ctx context.Context, path, etag string, status int) (polled, error) {
	for {
		got, code, wait, err := p.ask(ctx, path, etag)
		switch {
		case err != nil || code == status:
			return got, err
		case code != http.StatusTooManyRequests:
			return got, fmt.Errorf("%s answered with %d, want %d", path, code, status)
		}
		if err := clock.Sleep(ctx, clock.System{}, wait); err != nil {
			return got, err
		}
	}
}

func (p Place) ask(ctx context.Context, path, etag string) (got polled, status int, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path, nil)
	if err != nil {
		return got, 0, 0, err
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	begin := clock.System{}.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return got, 0, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	sum := sha256.New()
	got.size, err = io.CopyBuffer(sum, resp.Body, make([]byte, 64<<10))
	got.took = clock.System{}.Now().Sub(begin)
	got.etag = resp.Header.Get("ETag")
	copy(got.sum[:], sum.Sum(nil))
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return got, resp.StatusCode, time.Duration(max(seconds, 1)) * time.Second, err
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
