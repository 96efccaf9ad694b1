package showroom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app"
	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/playground"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
)

// demoSettings is the product that the demo sells.
const demoSettings = `{
  "vm": {"template": 9000, "cpu": 1, "ram_gb": 1, "first_vmid": 100},
  "network": {"bridge": "vmbr0", "ipv4": 1, "ipv6": 1, "auto": true, "dhcp4": false, "dhcp6": false},
  "system_disk": {"size_gb": 20},
  "integrations": {"main_domain": "example.net"}
}`

// Demo shows an order becoming a machine, on real parts and a simulated cluster. With o.Once it ends there.
func Demo(ctx context.Context, o cli.DemoOptions, out io.Writer) (err error) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	shim, err := shimFolder()
	if err != nil {
		return err
	}
	say("Starting a private MariaDB, devhost with the PHP shim, and a simulated Proxmox cluster of three nodes ...")
	ground, err := playground.Open(ctx, playground.Options{Shim: shim, Clock: clock.System{}, Settings: demoSettings})
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, ground.Close()) }()
	names, err := openDemoNames(ctx, say)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, names.close()) }()
	sidecar, stop, err := startDemoSidecar(ctx, ground, names, out)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, stop()) }()
	took, err := demoOrder(ctx, ground, names, sidecar, say)
	if err != nil {
		return interrupted(ctx, err)
	}
	if o.Once {
		say("demo: ready in %s", lines.Seconds(took))
		return nil
	}
	say("\nPress Ctrl-C to end the demo; nothing will be left running and nothing left behind.")
	<-ctx.Done()
	say("\nStopping ...")
	return nil
}

// interrupted is nil when the person at the keyboard ended the demo.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the interruption is the cause of err
	}
	return err
}

// shimFolder finds the PHP half beside the working directory, which make sets to the project's folder.
func shimFolder() (string, error) {
	dir, err := filepath.Abs("whmcs-php-shim")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "devhost", "init.php")); err != nil {
		return "", fmt.Errorf("the demo needs the folder whmcs-php-shim of the project: run it with \"make demo\" there (%w)", err)
	}
	return dir, nil
}

// startDemoSidecar runs a sidecar beside the demo and activates the addon, which pairs the two.
func startDemoSidecar(ctx context.Context, ground *playground.Playground, names *demoNames, out io.Writer) (s *house, stop func() error, err error) {
	cfg, err := ground.Config()
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelError}))
	s, err = open(ctx, cfg, app.Options{Log: log, Clock: clock.System{}, Lines: out})
	if err != nil {
		return nil, nil, err
	}
	stop = s.start(ctx)
	if err := ground.WHMCS.Activate(ctx); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	for _, p := range demoPools(ground.WHMCS.Seeded.ServerID) {
		if _, err := s.store.AddPool(ctx, p); err != nil {
			return nil, nil, errors.Join(err, stop())
		}
	}
	if err := names.enter(ctx, s); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return s, stop, nil
}

func demoPools(server int64) []ippool.Pool {
	addr := netip.MustParseAddr
	return []ippool.Pool{
		{ServerID: server, First: addr("192.0.2.10"), Last: addr("192.0.2.250"), Network: ippool.Network{
			Bridge: "vmbr0", Bits: 24, Gateway: addr("192.0.2.1"), DNS: []netip.Addr{addr("9.9.9.9"), addr("1.1.1.1")},
		}},
		{ServerID: server, First: addr("2001:db8::10"), Last: addr("2001:db8::ffff:ffff:ffff"), Network: ippool.Network{
			Bridge: "vmbr0", Bits: 64, Gateway: addr("2001:db8::1"), DNS: []netip.Addr{addr("2620:fe::fe")},
		}},
	}
}

// demoOrder places an order through the real PHP function and waits until the machine is ready.
func demoOrder(ctx context.Context, ground *playground.Playground, names *demoNames, sidecar *house, say func(string, ...any)) (time.Duration, error) {
	say("Ordering \"KVM Start\" with 2 cores, 2 GB, an additional disk of 10 GB ...")
	begin := clock.System{}.Now()
	placed, err := ground.WHMCS.Order(ctx, "CPU Cores=2", "RAM=2", "Additional Disk=10", "IPv6 Addresses=1")
	if err != nil {
		return 0, err
	}
	if placed.Result != "success" {
		return 0, fmt.Errorf("WHMCS's CreateAccount answered: %s", placed.Result)
	}
	say("CreateAccount of service %d answered \"success\" after %s; the rest happens in the background.", placed.ServiceID, lines.Seconds(clock.System{}.Now().Sub(begin)))
	m, err := sidecar.awaitReady(ctx, placed.ServiceID)
	if err != nil {
		return 0, err
	}
	took := clock.System{}.Now().Sub(begin)
	if err := sidecar.awaitMail(ctx); err != nil {
		return 0, err
	}
	say("\nService %d is VM %d on node %s, ready %s after the order.", m.ServiceID, m.VMID, m.Node, lines.Seconds(took))
	return took, tellDemo(ctx, ground, names, sidecar, m, say)
}

// tellDemo prints everything a person needs to look around.
func tellDemo(ctx context.Context, ground *playground.Playground, names *demoNames, sidecar *house, m vm.Machine, say func(string, ...any)) error {
	held, err := sidecar.store.Held(ctx, m.ServiceID)
	if err != nil {
		return err
	}
	addresses := make([]string, len(held))
	for i, l := range held {
		addresses[i] = l.Address.String()
	}
	site, seeded := ground.WHMCS.URL, ground.WHMCS.Seeded
	for _, line := range [][2]string{
		{"addresses", strings.Join(addresses, ", ")},
		{"host name", m.Domain},
		{"log in as", m.Username + " with password " + m.Password},
		{"admin page", fmt.Sprintf("%s/admin/clientsservices.php?userid=%d&id=%d  (%s / %s)", site, seeded.ClientID, m.ServiceID, seeded.AdminUsername, seeded.AdminPassword)},
		{"addon page", site + "/admin/addonmodules.php?module=puq_proxmox_kvm"},
		{"client page", fmt.Sprintf("%s/clientarea.php?action=productdetails&id=%d  (%s / %s)", site, m.ServiceID, seeded.ClientEmail, seeded.ClientPassword)},
		{"order more", site + "/cart.php"},
	} {
		say("  %-12s%s", line[0], line[1])
	}
	m.Addresses = held
	return names.tell(ctx, m, say)
}
