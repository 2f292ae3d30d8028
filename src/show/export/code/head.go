// Recorded deliveries, sent again as they came: go test
//
// HOOKCAT_TO names another server, such as http://localhost:3000. Signatures are the recorded ones: an
// endpoint that refuses what is old needs its clock at the time a test names.
package hooks

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

func deliver(t *testing.T, origin, line string, headers []string, body string) (int, string) {
	t.Helper()
	if other := os.Getenv("HOOKCAT_TO"); other != "" {
		origin = other
	}
	to, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	port := to.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[to.Scheme]
	}
	if port == "" {
		port = "80"
	}
	address := net.JoinHostPort(to.Hostname(), port)
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	var stream net.Conn
	if to.Scheme == "https" {
		stream, err = tls.DialWithDialer(dialer, "tcp", address, nil)
	} else {
		stream, err = dialer.Dial("tcp", address)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	_ = stream.SetDeadline(time.Now().Add(30 * time.Second))
	lines := append([]string{line, "Host: " + to.Host}, headers...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "Connection: close", "", "")
	if _, err := io.WriteString(stream, strings.Join(lines, "\r\n")+body); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(stream), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

