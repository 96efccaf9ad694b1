package bridge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	unixScheme = "unix://"
	unixMode   = 0o660 // the group is the web server's
	unixLength = 107   // what the kernel has room for
	probeTime  = time.Second
)

// TLSFiles name a certificate chain and its key in PEM; both empty means no TLS.
type TLSFiles struct{ Cert, Key string }

// Listen opens "unix:///path" (mode 0660) or "host:port". A socket file left behind by a dead process is replaced; one on
// which somebody answers is not. Without TLS only loopback addresses are opened, because bodies carry passwords.
func Listen(ctx context.Context, addr string, files TLSFiles) (net.Listener, error) {
	if path, ok := strings.CutPrefix(addr, unixScheme); ok {
		return listenUnix(ctx, path)
	}
	return listenTCP(ctx, addr, files)
}

func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if !strings.HasPrefix(path, "/") || len(path) > unixLength {
		return nil, fmt.Errorf("listen on %s%s: the path must be absolute and at most %d bytes long", unixScheme, path, unixLength)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if errors.Is(err, syscall.EADDRINUSE) {
		if err = removeStale(ctx, path); err == nil {
			l, err = lc.Listen(ctx, "unix", path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s%s: %w", unixScheme, path, err)
	}
	if err := os.Chmod(path, unixMode); err != nil {
		return nil, fmt.Errorf("listen on %s%s: %w", unixScheme, path, errors.Join(err, l.Close()))
	}
	return l, nil
}

// removeStale removes a socket file that nobody answers on.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errors.New("a file that is no socket is in the way; choose another path")
	}
	dialer := net.Dialer{Timeout: probeTime}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(errors.New("another process answers there; stop it or choose another path"), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

func listenTCP(ctx context.Context, addr string, files TLSFiles) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: want host:port or unix:///path: %w", addr, err)
	}
	if files == (TLSFiles{}) && !loopback(host) {
		return nil, fmt.Errorf("listen on %s: requests carry passwords, so an address that other machines can reach needs a TLS certificate "+
			"and key; give both, or listen on 127.0.0.1 or a unix socket", addr)
	}
	var config *tls.Config
	if files != (TLSFiles{}) {
		pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
		if err != nil {
			return nil, fmt.Errorf("listen on %s: %w", addr, err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	if config != nil {
		return tls.NewListener(l, config), nil
	}
	return l, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
