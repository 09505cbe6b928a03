import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.StreamJoined;

/**
 * A Kafka Streams application in exactly_once_v2, until it is told to end. Run:
 * java -cp 'LIBS/*' Application.java words|join PROTOCOL BOOTSTRAP APPLICATION_ID STATE_DIRECTORY
 *
 * words: counts the words of ID-lines, and writes every count.
 * join: joins ID-orders with ID-payments by what their values begin with, neither being keyed by it.
 * Prints "running" whenever it is, and "failed" when a thread of it ends.
 */
public class Application {
  public static void main(String[] args) {
    String id = args[3];
    StreamsBuilder builder = new StreamsBuilder();
    if (args[0].equals("words")) words(builder, id);
    else join(builder, id);
    KafkaStreams streams = new KafkaStreams(builder.build(), configs(args[1], args[2], id, args[4]));
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) System.out.println("running");
    });
    streams.setUncaughtExceptionHandler(error -> {
      System.out.println("failed");
      error.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
  }

  static Properties configs(String protocol, String bootstrap, String id, String stateDirectory) {
    Properties configs = new Properties();
    configs.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
    configs.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    configs.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
    configs.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, protocol);
    configs.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    configs.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    configs.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    configs.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 50);
    configs.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    configs.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    configs.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    // A process that was killed is not waited for longer than need be.
    if (protocol.equals("classic")) configs.put(StreamsConfig.consumerPrefix("session.timeout.ms"), 6_000);
    return configs;
  }

  static void words(StreamsBuilder builder, String id) {
    builder.<String, String>stream(id + "-lines")
        .flatMapValues(line -> Arrays.asList(line.split(" ")))
        .groupBy((key, word) -> word, Grouped.as("words"))
        .count(Materialized.as("counts"))
        .toStream()
        .mapValues(String::valueOf)
        .to(id + "-counts");
  }

  static void join(StreamsBuilder builder, String id) {
    KStream<String, String> orders = builder.stream(id + "-orders", Consumed.as("orders"));
    KStream<String, String> payments = builder.stream(id + "-payments", Consumed.as("payments"));
    orders.selectKey((key, value) -> value.split(" ")[0])
        .join(
            payments.selectKey((key, value) -> value.split(" ")[0]),
            (order, payment) -> order + " / " + payment,
            JoinWindows.ofTimeDifferenceWithNoGrace(Duration.ofHours(1)),
            StreamJoined.with(Serdes.String(), Serdes.String(), Serdes.String()).withName("paid").withStoreName("paid"))
        .to(id + "-paid");
  }
}
