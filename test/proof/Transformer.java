import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * One process of a chain: takes every record of a source over to its target, in transactions together with the source's
 * offsets, which are committed under the group's generation (KIP-447). Runs until it is killed. Arguments:
 * bootstrap, group id, seed, group protocol, transactional id, poison, then SOURCE>TARGET for each link of the chain.
 */
public class Transformer {
  public static void main(String[] args) {
    Map<String, String> targets = new LinkedHashMap<>();
    for (int at = 6; at < args.length; at++) {
      String[] link = args[at].split(">");
      targets.put(link[0], link[1]);
    }
    Random random = new Random(Long.parseLong(args[2]));
    // A process without its parent has nobody to work for.
    new Thread(Transformer::endWithParent).start();
    try (KafkaProducer<String, String> producer = producer(args[0], args[4]);
        KafkaConsumer<String, String> consumer = consumer(args[0], args[1], args[3])) {
      producer.initTransactions();
      consumer.subscribe(targets.keySet());
      while (true) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
        if (records.isEmpty()) continue;
        try {
          if (random.nextInt(12) == 0) transact(producer, consumer, targets, records, args[5]);
          transact(producer, consumer, targets, records, null);
        } catch (KafkaException failed) {
          // Throws when there is no way on for this producer: then the process ends, and another one takes its place.
          producer.abortTransaction();
          rewind(consumer);
        }
      }
    } catch (Throwable failed) {
      failed.printStackTrace();
      System.exit(1);
    }
  }

  /** Ends in an abort when there is poison to write, which is written instead of the values. */
  static void transact(KafkaProducer<String, String> producer, KafkaConsumer<String, String> consumer,
      Map<String, String> targets, ConsumerRecords<String, String> records, String poison) {
    producer.beginTransaction();
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (ConsumerRecord<String, String> record : records) {
      String value = poison == null ? record.value() : poison;
      producer.send(new ProducerRecord<>(targets.get(record.topic()), record.key(), value));
      offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
    }
    producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
    if (poison == null) producer.commitTransaction();
    else producer.abortTransaction();
  }

  /** Goes back to what is committed. */
  static void rewind(KafkaConsumer<String, String> consumer) {
    Collection<TopicPartition> assigned = consumer.assignment();
    Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(new java.util.HashSet<>(assigned));
    for (TopicPartition partition : assigned) {
      OffsetAndMetadata offset = committed.get(partition);
      if (offset == null) consumer.seekToBeginning(List.of(partition));
      else consumer.seek(partition, offset);
    }
  }

  static KafkaProducer<String, String> producer(String bootstrap, String transactionalId) {
    Properties configs = new Properties();
    configs.put("bootstrap.servers", bootstrap);
    configs.put("transactional.id", transactionalId);
    configs.put("transaction.timeout.ms", 15_000);
    configs.put("delivery.timeout.ms", 20_000);
    configs.put("request.timeout.ms", 5_000);
    configs.put("linger.ms", 2);
    configs.put("reconnect.backoff.max.ms", 200);
    return new KafkaProducer<>(configs, new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String bootstrap, String group, String protocol) {
    Properties configs = new Properties();
    configs.put("bootstrap.servers", bootstrap);
    configs.put("group.id", group);
    configs.put("group.protocol", protocol);
    configs.put("isolation.level", "read_committed");
    configs.put("enable.auto.commit", false);
    configs.put("auto.offset.reset", "earliest");
    configs.put("max.poll.records", 700);
    configs.put("reconnect.backoff.max.ms", 200);
    if (protocol.equals("classic")) {
      configs.put("session.timeout.ms", 2_000);
      configs.put("heartbeat.interval.ms", 300);
    }
    return new KafkaConsumer<>(configs, new StringDeserializer(), new StringDeserializer());
  }

  static void endWithParent() {
    try {
      while (System.in.read() >= 0) continue;
    } catch (java.io.IOException gone) {
      // The same as the end.
    }
    System.exit(0);
  }
}
