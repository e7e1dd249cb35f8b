package interop;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * Validates every JSON file of a folder against FHIR's own definitions, without a network.
 *
 * <p>{@code Validate r4|r5 FOLDER [DEFINITIONS]}: DEFINITIONS is a folder of CodeSystems, ValueSets
 * and StructureDefinitions to be known beside FHIR's. Every message is one line of JSON on stdout;
 * exits 1 where one is an error, 2 on wrong usage.
 */
public final class Validate {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Validate() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 2 || !args[0].matches("r4|r5")) {
            System.err.println("usage: Validate r4|r5 FOLDER [DEFINITIONS]");
            System.exit(2);
        }
        Locale.setDefault(Locale.ENGLISH);
        var context = args[0].equals("r4") ? FhirContext.forR4Cached() : FhirContext.forR5Cached();
        var validator = validator(context, args.length > 2 ? Path.of(args[2]) : null);
        var found = files(Path.of(args[1])).parallelStream().map(f -> read(validator, f)).toList();
        found.forEach(said -> said.lines().forEach(OUT::println));
        System.exit(found.stream().anyMatch(Said::hasErrors) ? 1 : 0);
    }

    private static FhirValidator validator(FhirContext context, Path definitions)
            throws IOException {
        var more = new PrePopulatedValidationSupport(context);
        if (definitions != null) {
            for (Path file : files(definitions)) {
                more.addResource(context.newJsonParser().parseResource(Files.readString(file)));
            }
        }
        // Ours come first: FHIR's packages hold empty shells of DICOM's and SNOMED CT's codes.
        var chain =
                new ValidationSupportChain(
                        more,
                        new DefaultProfileValidationSupport(context),
                        new CommonCodeSystemsTerminologyService(context),
                        new InMemoryTerminologyServerValidationSupport(context),
                        new SnapshotGeneratingValidationSupport(context));
        var engine = new FhirInstanceValidator(chain);
        engine.setAnyExtensionsAllowed(false);
        return context.newValidator().registerValidatorModule(engine);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var found = Files.list(folder)) {
            return found.filter(f -> f.toString().endsWith(".json")).sorted().toList();
        }
    }

    private record Said(List<String> lines, boolean hasErrors) {}

    private static Said read(FhirValidator validator, Path file) {
        try {
            var found = validator.validateWithResult(Files.readString(file)).getMessages();
            var lines = new ArrayList<String>();
            for (SingleValidationMessage message : found) {
                lines.add(line(file, message));
            }
            return new Said(lines, found.stream().anyMatch(Validate::isError));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static boolean isError(SingleValidationMessage message) {
        return message.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0;
    }

    private static String line(Path file, SingleValidationMessage message) throws IOException {
        var told = new LinkedHashMap<String, String>();
        told.put("file", file.getFileName().toString());
        told.put("severity", message.getSeverity().getCode());
        told.put("location", message.getLocationString());
        told.put("id", message.getMessageId());
        told.put("text", message.getMessage());
        return JSON.writeValueAsString(told);
    }
}
