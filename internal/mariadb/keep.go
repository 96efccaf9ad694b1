package mariadb

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// patience is how long a server may take to shut down before it is killed.
const patience = 20 * time.Second

// keep starts cmd and stays on its thread until the server is gone.
func (s *Server) keep(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer close(s.gone)
	err := cmd.Start()
	if log, ok := cmd.Stdout.(*os.File); ok {
		_ = log.Close() // the server has its own handle
	}
	if err != nil {
		s.exit = err
		started <- err
		return
	}
	s.pid = cmd.Process.Pid
	started <- nil
	ended := make(chan struct{})
	go s.end(cmd.Process, ended)
	s.exit = cmd.Wait()
	close(ended)
}

// end waits for Stop and asks the process to go, then insists.
func (s *Server) end(p *os.Process, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-s.stop:
	}
	_ = p.Signal(syscall.SIGTERM) // fails only when it is gone already
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-ended:
	case <-t.C:
		_ = p.Kill()
	}
}
