package io.rediscluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/** Loads the native part, which the jar contains. The property io.rediscluster.library names another file. */
final class Library {
  private Library() {}

  static void load() {
    String given = System.getProperty("io.rediscluster.library");
    if (given != null) {
      System.load(given);
      return;
    }
    String platform = (System.getProperty("os.name") + "-" + System.getProperty("os.arch")).toLowerCase(Locale.ROOT);
    String resource = "native/" + platform + "/librediscluster_java.so";
    try (InputStream content = Library.class.getResourceAsStream(resource)) {
      if (content == null) {
        throw new UnsatisfiedLinkError("this jar has nothing for " + platform);
      }
      Path file = Files.createTempFile("rediscluster", ".so");
      try {
        Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
        System.load(file.toString());
      } finally {
        Files.delete(file);
      }
    } catch (IOException failure) {
      throw new UnsatisfiedLinkError("cannot unpack " + resource + ": " + failure);
    }
  }
}
