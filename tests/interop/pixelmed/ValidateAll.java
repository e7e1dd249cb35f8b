import com.pixelmed.validate.DicomSRValidator;

/** Asks PixelMed's SR validator about every file named, in one JVM; a line tells the file. */
public class ValidateAll {
    public static void main(String[] files) throws Exception {
        DicomSRValidator validator = new DicomSRValidator();
        for (String file : files) {
            System.out.println("File: " + file);
            System.out.println(validator.validate(file));
        }
    }
}
