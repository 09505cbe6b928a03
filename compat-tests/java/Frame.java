import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;

/**
 * What every program of checks stands on: running and reporting them, topics, producers, consumers, waiting. It keeps
 * to what kafka-clients has had since 2.8.
 */
class Frame {
  interface Check {
    void run() throws Exception;
  }

  static Duration deadline = Duration.ofSeconds(20);
  static String bootstrap;
  static Admin admin;
  private static int names;

  /** The broker's address is the last argument. */
  static void connect(String[] args, Map<String, Object> more) {
    bootstrap = args[args.length - 1];
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
    config.putAll(more);
    admin = Admin.create(config);
  }

  /** Prints a line for each check, "ok NAME" or "failed NAME: WHY", and ends the process. */
  static void run(Map<String, Check> checks) {
    checks.forEach((name, check) -> System.out.println(outcome(name, check)));
    System.exit(0);
  }

  static String outcome(String name, Check check) {
    try {
      check.run();
      return "ok " + name;
    } catch (Throwable error) {
      // Our own classes are those of no package.
      String at = Arrays.stream(error.getStackTrace()).filter(element -> !element.getClassName().contains("."))
          .map(String::valueOf).collect(Collectors.joining(", "));
      return "failed " + name + ": " + String.valueOf(error).replace('\n', '|') + " at " + at;
    }
  }

  static void expect(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) throw new AssertionError(actual + " instead of " + expected);
  }

  static void fails(String error, Check check) throws Exception {
    expect(errorOf(check), error);
  }

  /** The name of the error that a result ends with. */
  static String errorOf(Check check) throws Exception {
    try {
      check.run();
      return "none";
    } catch (ExecutionException error) {
      return error.getCause().getClass().getSimpleName();
    }
  }

  /** Polls the consumers until the condition holds. */
  @SafeVarargs
  static void waitUntil(BooleanSupplier condition, KafkaConsumer<String, String>... consumers) {
    long end = System.nanoTime() + deadline.toNanos();
    while (!condition.getAsBoolean()) {
      for (var consumer : consumers) consumer.poll(Duration.ofMillis(20));
      if (System.nanoTime() > end) throw new AssertionError("the condition did not hold in time");
    }
  }

  /** For what Apache Kafka does a moment after its answer; Odradek is done with it then. */
  static void settled(Check check) throws Exception {
    boolean once = "odradek".equals(System.getenv("ODRADEK_COMPAT_BROKER"));
    long end = System.nanoTime() + (once ? 0 : deadline.toNanos());
    while (true) {
      try {
        check.run();
        return;
      } catch (AssertionError | ExecutionException error) {
        if (System.nanoTime() >= end) throw error;
      }
    }
  }

  static String unique(String what) {
    return what + "-java-" + Long.toString(System.nanoTime(), 36) + "-" + names++;
  }

  static String newTopic(int partitions) throws Exception {
    return newTopic(partitions, Map.of());
  }

  static String newTopic(int partitions, Map<String, String> configs) throws Exception {
    String topic = unique("topic");
    create(topic, partitions, 1, configs);
    return topic;
  }

  static void create(String topic, int partitions, int replicas, Map<String, String> configs) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) replicas).configs(configs))).all().get();
  }

  static KafkaProducer<String, String> producer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
    config.putAll(more);
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  static KafkaProducer<String, String> transactional(String id) {
    var producer = producer(Map.of("transactional.id", id, "linger.ms", "0"));
    producer.initTransactions();
    return producer;
  }

  static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "group.id", unique("group"),
        "auto.offset.reset", "earliest", "fetch.max.wait.ms", "100"));
    // In the consumer protocol these are the broker's to say, and the client refuses them.
    if (!"consumer".equals(more.get("group.protocol")))
      config.putAll(Map.of("heartbeat.interval.ms", "200", "session.timeout.ms", "6000"));
    config.putAll(more);
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  static List<String> numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(index -> prefix + index).collect(Collectors.toList());
  }

  static void send(String topic, String... values) throws Exception {
    send(topic, List.of(values), Map.of());
  }

  /** Into partition 0, without keys. */
  static void send(String topic, List<String> values, Map<String, Object> config) throws Exception {
    try (var producer = producer(config)) {
      var sent = values.stream().map(value -> producer.send(new ProducerRecord<>(topic, 0, null, value)))
          .collect(Collectors.toList());
      for (var future : sent) future.get();
    }
  }

  static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    waitUntil(() -> {
      consumer.poll(Duration.ofMillis(50)).forEach(records::add);
      return records.size() >= count;
    });
    return records;
  }

  /** The values that a group of its own reads. */
  static List<String> readAll(String topic, int count, Map<String, Object> config) {
    try (var consumer = consumer(config)) {
      consumer.subscribe(List.of(topic));
      return read(consumer, count).stream().map(ConsumerRecord::value).collect(Collectors.toList());
    }
  }

  static void expectShared(int partitions, KafkaConsumer<?, ?> one, KafkaConsumer<?, ?> other) {
    Set<Object> all = new HashSet<>(one.assignment());
    all.addAll(other.assignment());
    expect(all.size(), partitions);
  }
}
