// Package check runs the cases of one client and says of each how it went, one line a case:
// "ok NAME", "failed NAME: WHY".
package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Case is one behaviour that a client needs of a broker. It ends by returning, or by Fail.
type Case struct {
	Name string
	Run  func(ctx context.Context)
}

// failure is what Fail panics with; any other panic is reported in the same way.
type failure string

const deadline = 40 * time.Second

// Run runs the cases one after the other; with names given, those alone.
func Run(cases []Case, names []string) {
	for _, one := range cases {
		if len(names) > 0 && !contains(names, one.Name) {
			continue
		}
		if why := outcome(one); why != "" {
			fmt.Printf("failed %s: %s\n", one.Name, strings.ReplaceAll(why, "\n", " "))
		} else {
			fmt.Printf("ok %s\n", one.Name)
		}
	}
}

// outcome is empty for a case that passed. A case that hangs is left behind.
func outcome(one Case) string {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	done := make(chan string, 1)
	go func() {
		defer func() {
			if problem := recover(); problem != nil {
				done <- fmt.Sprint(problem)
			} else {
				done <- ""
			}
		}()
		one.Run(ctx)
	}()
	select {
	case why := <-done:
		return why
	case <-time.After(deadline + 5*time.Second):
		return "it did not end in time"
	}
}

func contains(names []string, name string) bool {
	for _, one := range names {
		if one == name {
			return true
		}
	}
	return false
}

// Fail ends the case that calls it.
func Fail(format string, values ...any) {
	panic(failure(fmt.Sprintf(format, values...)))
}

// NoError ends the case unless the error is nil.
func NoError(err error, what string) {
	if err != nil {
		Fail("%s: %v", what, err)
	}
}

// Is ends the case unless err is (or wraps) the one that is wanted.
func Is(err, want error, what string) {
	if !errors.Is(err, want) {
		Fail("%s: %v instead of %v", what, err, want)
	}
}

// Equal ends the case unless both are deeply equal.
func Equal(got, want any, what string) {
	if !reflect.DeepEqual(got, want) {
		Fail("%s: %.300s instead of %.300s", what, fmt.Sprint(got), fmt.Sprint(want))
	}
}

// Until asks again and again, and ends the case when the condition does not hold in time.
func Until(ctx context.Context, what string, holds func() bool) {
	end := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(end) || ctx.Err() != nil {
			Fail("%s: not in time", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

var taken int

// Unique is a name that no other case has used: for topics, groups, transactional ids.
func Unique(what string) string {
	taken++
	return fmt.Sprintf("%s-go-%s-%d-%d", what, strconv.FormatInt(time.Now().UnixMilli(), 36), os.Getpid(), taken)
}

// Numbered makes count values that begin with the prefix.
func Numbered(prefix string, count int) []string {
	values := make([]string, count)
	for index := range values {
		values[index] = fmt.Sprintf("%s-%d-%s", prefix, index, strings.Repeat("x", 50))
	}
	return values
}
