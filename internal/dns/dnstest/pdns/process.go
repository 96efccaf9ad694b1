package pdns

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// process is one run of the program after another.
type process struct {
	program string
	mu      sync.Mutex
	cmd     *exec.Cmd
	gone    chan struct{} // closed when the present run is over
}

// start hands the program to a thread of its own: the kernel sends Pdeathsig when the starting thread ends, not when the
// process does, so that thread lives as long as the program.
func (p *process) start(log string, args ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // in the caller's folder
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()      // the program has its own handle
	cmd := exec.Command(p.program, args...) //nolint:gosec,noctx // looked up by a fixed name; ended by end
	cmd.Stdout, cmd.Stderr = out, out
	// A group of its own: Ctrl-C in a terminal reaches the caller, who then ends the program in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	started, gone := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(gone)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended does not matter
		}
	}()
	p.cmd, p.gone = cmd, gone
	return <-started
}

// end returns when the program is gone.
func (p *process) end(atOnce bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	signal := syscall.SIGTERM
	if atOnce {
		signal = syscall.SIGKILL
	}
	_ = p.cmd.Process.Signal(signal) // fails only when it is gone already
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-p.gone:
	case <-t.C:
		_ = p.cmd.Process.Kill()
		<-p.gone
	}
}
