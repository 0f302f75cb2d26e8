using System.Security.Cryptography;
using System.Text.Json;

namespace Blip.Tests;

/// <summary>
/// Goldens and demo checkpoints are those of <c>eng/goldens/manifest.json</c>, which says who recorded them with which versions.
/// </summary>
public class GoldenManifestTests
{
    private const string Goldens = "Blip.Tests/Goldens", Weights = "weights", ManifestFile = "eng/goldens/manifest.json";
    private const string Advice =
        "A golden is not changed to make a test pass. Where one was recorded anew, run 'python eng/goldens/record.py --manifest' "
        + "and commit the manifest with it; eng/goldens/README.md says how goldens are recorded.";

    private static readonly JsonElement Manifest = JsonElement.Parse(File.ReadAllBytes(Repository.Absolute(ManifestFile)));

    [Fact]
    public void Every_golden_and_every_file_of_the_demo_is_in_the_manifest_and_the_other_way_round()
    {
        var listed = Names("files").Concat(Names("approved")).Order(StringComparer.Ordinal);

        var present = Present().Order(StringComparer.Ordinal);

        var wrong = present.Except(listed).Select(file => $"{file}: not in {ManifestFile}")
            .Concat(listed.Except(present).Select(file => $"{file}: in {ManifestFile}, but not in the tree"));
        AssertNone(wrong);
    }

    [Fact]
    public void Every_golden_has_the_hash_that_was_recorded()
    {
        var wrong =
            from file in Manifest.GetProperty("files").EnumerateObject()
            let path = Repository.Absolute(file.Name)
            where File.Exists(path)
            let hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))
            where hash != file.Value.GetProperty("sha256").GetString()
            select $"{file.Name}: its SHA-256 is {hash}, recorded by '{file.Value.GetProperty("recorder")}' was another";

        AssertNone(wrong);
    }

    [Fact]
    public void Every_recorder_has_its_script_and_a_file_and_every_file_its_recorder()
    {
        var recorders = Manifest.GetProperty("recorders");
        var used = Manifest.GetProperty("files").EnumerateObject().Select(file => file.Value.GetProperty("recorder").GetString()!)
            .ToHashSet();
        var named = Names("recorders").ToHashSet();
        var scripts =
            from recorder in recorders.EnumerateObject()
            let script = recorder.Value.GetProperty("script").GetString()
            where script is not null && !File.Exists(Repository.Absolute(script))
            select $"{recorder.Name}: there is no {script}";

        AssertNone(scripts
            .Concat(used.Except(named).Select(name => $"{name}: a file's recorder, but not among the recorders"))
            .Concat(named.Except(used).Select(name => $"{name}: a recorder without a file")));
    }

    [Fact]
    public void Every_approved_report_has_the_test_that_writes_it()
    {
        AssertNone(
            from report in Manifest.GetProperty("approved").EnumerateObject()
            let test = report.Value.GetProperty("test").GetString()
            where !File.Exists(Repository.Absolute(test))
            select $"{report.Name}: there is no {test}");
    }

    private static IEnumerable<string> Names(string section) => Manifest.GetProperty(section).EnumerateObject().Select(entry => entry.Name);

    // On disk rather than in git, as the script that writes the manifest looks for them.
    private static IEnumerable<string> Present() =>
        from folder in (string[])[Goldens, Weights]
        from path in Directory.EnumerateFiles(Repository.Absolute(folder), "*", SearchOption.AllDirectories)
        where Path.GetExtension(path) != ".md"
        select Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');

    private static void AssertNone(IEnumerable<string> wrong)
    {
        var list = wrong.ToList();
        Assert.True(list.Count == 0, string.Join('\n', [.. list, Advice]));
    }
}
