package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

// aTask is "kvmbridge task": it asks the service, as cron.php does.
func aTask(ctx context.Context, cfg config.Config, o cli.TaskOptions, out io.Writer) (well bool, err error) {
	err = withParts(ctx, cfg, func(p *probed) error {
		secret := p.keys.Keys()["k1"] //nolint:contextcheck // the bridge asks for keys without one
		if secret == "" {
			return errors.New("there is no shared secret: activate the addon in WHMCS (Setup > Addon Modules), or set bridge.secret")
		}
		well, err = askForTasks(ctx, local(cfg), string(secret), cfg.Bridge.CertFile, o, out)
		return err
	})
	return well, err
}

func askForTasks(ctx context.Context, at, secret, cert string, o cli.TaskOptions, out io.Writer) (well bool, err error) {
	client, err := bridge.NewClient(at, bridge.Signer{Secret: bridge.Secret(secret)})
	if err != nil {
		return false, err
	}
	defer client.Close()
	if err := trust(client, cert); err != nil {
		return false, err
	}
	call := bridge.TaskCall{
		Head: bridge.Head{IdempotencyKey: "kvmbridge task", Caller: bridge.Caller{Kind: bridge.CallerSystem}},
		Args: bridge.TaskArgs{Task: o.ID, Force: o.Force, NoLock: o.NoLock, List: o.List},
	}
	exit, err := client.Tasks(ctx, call, func(line string) { _, _ = fmt.Fprintln(out, line) })
	if _, dial := errors.AsType[*net.OpError](err); dial && ctx.Err() == nil {
		err = fmt.Errorf("the service does not answer at %s: start it with \"kvmbridge serve\", or correct listen in the configuration (%w)", at, err)
	}
	return exit == 0, err
}

// trust has the client accept the service's own certificate: it is called by an address of this machine here.
func trust(client *bridge.Client, file string) error {
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err == nil {
		err = client.Trust(pem)
	}
	if err != nil {
		return fmt.Errorf("read bridge.cert_file %s: %w", file, err)
	}
	return nil
}

// local is where this machine's own service listens: the first address of listen, as it can be dialled.
func local(cfg config.Config) string {
	at := cfg.Listen[0]
	if strings.HasPrefix(at, "unix:") {
		return at
	}
	scheme := "http://"
	if cfg.Bridge.CertFile != "" {
		scheme = "https://"
	}
	host, port, _ := net.SplitHostPort(at)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
}
