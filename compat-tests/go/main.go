// Runs the cases of one Go client against a broker: compat CLIENT BOOTSTRAP [CASE...]
package main

import (
	"fmt"
	"os"

	franzgo "odradek/compat/franz-go"
	"odradek/compat/go/check"
	kafkago "odradek/compat/kafka-go"
	"odradek/compat/sarama"
)

func main() {
	clients := map[string]func(bootstrap string) []check.Case{
		"franz-go": franzgo.Cases,
		"kafka-go": kafkago.Cases,
		"sarama":   sarama.Cases,
	}
	if len(os.Args) < 3 || clients[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: compat franz-go|kafka-go|sarama BOOTSTRAP [CASE...]")
		os.Exit(2)
	}
	check.Run(clients[os.Args[1]](os.Args[2]), os.Args[3:])
}
