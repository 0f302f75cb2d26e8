using System.Text.Json.Nodes;
using Blip.Tests.Bootstrapping;

namespace Blip.Tests.Cli;

/// <summary>The command lines of bootstrapping.</summary>
public sealed class BootstrapCommandTests
{
    private static string[] Run(BootstrapWorld world, string output, params string[] more) =>
        [
            "bootstrap", "run", world.Web, "--output", world.At(output),
            "--captioner", Demo.Model, "--filter", DemoMatching.Model, "--device", "cpu", .. more,
        ];

    [Fact]
    public async Task Results_that_were_damaged_after_a_run_are_told_of()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 4, shardSize: 2);
        (await CliRun.Of(Run(world, "out"))).Succeeded();
        using (var table = new FileStream(world.At("out/00000.parquet"), FileMode.Open))
            table.SetLength(100);
        File.Delete(world.At("out/00001.parquet"));

        var run = await CliRun.Of("bootstrap", "status", world.At("out"), "--format", "json");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("00000.parquet has 100 bytes", run.Output, StringComparison.Ordinal);
        Assert.Contains("00001.parquet is missing: delete 00001.done.json", run.Output, StringComparison.Ordinal);

        run = await CliRun.Of(Run(world, "out"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("00000.parquet has 100 bytes", run.Error, StringComparison.Ordinal);
        Assert.Contains("00001.parquet is missing: delete 00001.done.json", run.Error, StringComparison.Ordinal);
        Assert.Contains("0 of 2 shards are done: 2 shards failed", run.Error, StringComparison.Ordinal);

        File.Delete(world.At("out/00000.done.json"));
        File.Delete(world.At("out/00001.done.json"));
        (await CliRun.Of(Run(world, "out"))).Succeeded();
        (await CliRun.Of("bootstrap", "status", world.At("out"))).Succeeded();
    }

    [Fact]
    public async Task Run_status_table_and_select_tell_of_one_data_set()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 12, shardSize: 6);
        var run = await CliRun.Of(Run(world, "out"));
        Assert.Equal("", run.Succeeded());
        Assert.Contains("2 of 2 shards are done", run.Error, StringComparison.Ordinal);
        Assert.Contains("shard 00001", run.Error, StringComparison.Ordinal);

        var text = (await CliRun.Of("bootstrap", "status", world.At("out"))).Succeeded();
        Assert.Contains("2 of 2 done", text, StringComparison.Ordinal);
        var status = JsonNode.Parse((await CliRun.Of("bootstrap", "status", world.At("out"), "--format", "json")).Succeeded())!;
        Assert.Equal((2, 12), ((int)status["shards"]!["done"]!, (int)status["images"]!));
        Assert.Equal(0, (int)status["seconds_left"]!);

        var lines = (await CliRun.Of("bootstrap", "table", world.At("out"), "--format", "jsonl")).Succeeded()
            .TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(24, lines.Count);
        Assert.Equal(
            ["shard", "key", "source", "text", "itm", "itc", "log_probability", "seed", "kept", "reason", "error"],
            lines[0].AsObject().Select(field => field.Key));
        var kept = lines.Count(line => (bool)line["kept"]!);
        Assert.Equal(kept, (int)status["texts"]!["web"]!["kept"]! + (int)status["texts"]!["synthetic"]!["kept"]!);
        var csv = (await CliRun.Of("bootstrap", "table", world.At("out"), "--format", "csv", "--kept", "false")).Succeeded();
        Assert.Equal(24 - kept + 1, csv.TrimEnd('\n').Split('\n').Length);

        // The same rule again gives the same files.
        var again = await CliRun.Of("bootstrap", "select", world.At("out"), "--output", world.At("same"));
        Assert.Contains($"{kept} of 24 texts kept", again.Error, StringComparison.Ordinal);
        Assert.All(
            ["00000.tar", "00001.parquet", "00000.done.json"], file => Assert.Equal(world.Files("out")[file], world.Files("same")[file]));

        var all = await CliRun.Of(
            "bootstrap", "select", world.At("out"), "--output", world.At("all"), "--itm-threshold", "none", "--write", "none");
        Assert.Contains(" of 24 texts kept", all.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Files("all").Keys, name => name.EndsWith(".tar", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_inside_a_source_is_refused_before_the_source_becomes_another()
    {
        using var world = BootstrapWorld.OfFiles(images: 2);
        (await CliRun.Of(Run(world, "web/out"))).Refused("lies inside the source");
        Assert.False(Directory.Exists(world.At("web/out")));
        // A name that begins alike is beside it.
        (await CliRun.Of(Run(world, "web2"))).Succeeded();
        (await CliRun.Of("bootstrap", "select", world.At("web2"), "--output", world.At("web/sel"))).Refused("lies inside the source");
        (await CliRun.Of("bootstrap", "select", world.At("web2"), "--output", world.At("sel"))).Succeeded();
    }

    [Fact]
    public async Task A_source_that_changed_under_the_same_names_gives_no_wrong_pairs()
    {
        using var world = BootstrapWorld.OfFiles(images: 2);
        (await CliRun.Of(Run(world, "out", "--itm-threshold", "none"))).Succeeded();
        string[] select = ["bootstrap", "select", world.At("out"), "--itm-threshold", "none", "--output"];
        File.Copy(world.At("web/0001.png"), world.At("web/0000.png"), overwrite: true);
        (await CliRun.Of([.. select, world.At("other")])).Refused("'0000' has another image", "changed under the run");
        File.Delete(world.At("web/0000.png"));
        File.CreateSymbolicLink(world.At("web/0000.png"), "nowhere.png");
        (await CliRun.Of([.. select, world.At("gone")])).Refused("cannot be read", "changed under the run");
    }

    [Fact]
    public async Task Files_that_a_run_did_not_write_do_no_harm()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 2, shardSize: 2);
        (await CliRun.Of(Run(world, "out"))).Succeeded();
        foreach (var name in (string[])["00099", "99999999999", "0"])
            File.Copy(world.At("out/00000.done.json"), world.At($"out/{name}.done.json"));
        (await CliRun.Of("bootstrap", "select", world.At("out"), "--output", world.At("sel"))).Succeeded();
        File.Delete(world.At("sel/selection.json"));
        (await CliRun.Of("bootstrap", "table", world.At("sel"))).Refused("no finished selection");
        (await CliRun.Of("bootstrap", "table", world.Web)).Refused("holds no run");
    }

    [Fact]
    public async Task What_people_may_not_write_is_told_as_what_cannot_be_written()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 2, shardSize: 2);
        Directory.CreateDirectory(world.At("out"));
        (await CliRun.Of(Run(world, "out", "--shards", "0"))).Succeeded();
        File.Delete(world.At("out/00000.done.json"));
        Directory.CreateDirectory(world.At("out/00000.journal"));
        var run = await CliRun.Of(Run(world, "out"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cannot be written", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_of_the_web_do_not_steer_the_terminal()
    {
        using var world = BootstrapWorld.OfFiles(images: 1);
        await File.WriteAllTextAsync(
            world.At("web/0000.txt"), "a \u001B[31mred\u0007 \r\n\u009Bsquare", TestContext.Current.CancellationToken);
        (await CliRun.Of(Run(world, "out"))).Succeeded();
        var table = (await CliRun.Of("bootstrap", "table", world.At("out"))).Succeeded();
        Assert.DoesNotContain(table, c => char.IsControl(c) && c != '\n');
        Assert.Contains("[31mred", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Complaints_have_the_names_of_the_command_line()
    {
        using var world = BootstrapWorld.OfFiles(images: 1);
        (await CliRun.Of(Run(world, "out", "--captions", "-1"))).Refused("--captions is -1");
        (await CliRun.Of(Run(world, "out", "--drop-pattern", "("))).Refused("--drop-pattern:");
        (await CliRun.Of(Run(world, "out", "--keep-pattern", "("))).Refused("--keep-pattern:");
        (await CliRun.Of(Run(world, "out", "--decode-memory", "0"))).Refused("--decode-memory is 0; give at least 1048576 bytes");
        (await CliRun.Of("bootstrap", "run", "", "--output", world.At("out"))).Refused("an argument is empty; give a SOURCE");
    }

    [Fact]
    public async Task What_is_wrong_with_a_command_line_is_told_before_anything_is_done()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 2, shardSize: 2);
        (await CliRun.Of("bootstrap", "run", "--output", world.At("out"))).Refused("nothing to read", "SOURCE");
        (await CliRun.Of("bootstrap", "run", world.At("nowhere"), "--output", world.At("out"))).Refused("nowhere");
        (await CliRun.Of(Run(world, "out", "--num-return-sequences", "3"))).Refused("--captions");
        (await CliRun.Of(Run(world, "out", "--itm-threshold", "much"))).Refused("--itm-threshold", "much");
        (await CliRun.Of(Run(world, "out", "--itm-threshold", "2"))).Refused("--itm-threshold", "2");
        (await CliRun.Of(Run(world, "out", "--max-failures", "1.5"))).Refused("--max-failures", "1.5");
        (await CliRun.Of(Run(world, "out", "--drop-pattern", "("))).Refused("--drop-pattern");
        (await CliRun.Of(Run(world, "out", "--write", "zip"))).Refused("--write", "zip", "webdataset");
        (await CliRun.Of(Run(world, "out", "--write", "none", "--write", "json"))).Refused("--write", "none");
        (await CliRun.Of(Run(world, "out", "--write", "folder", "--write", "imagefolder"))).Refused("folder", "imagefolder", "one of them");
        (await CliRun.Of(Run(world, "out", "--shards", "5"))).Refused("5");
        (await CliRun.Of(Run(world, "out", "--from", "lsf"))).Refused("--from", "lsf");
        (await CliRun.Of(Run(world, "out", "--from", "slurm", "--shards", "1"))).Refused("--shards");
        (await CliRun.Of(Run(world, "out", "--shards-per-task", "1"))).Refused("--shards-per-task");
        (await CliRun.Of(Run(world, "out", "--captions", "101"))).Refused("100");
        (await CliRun.Of("bootstrap", "status", world.At("web"))).Refused("bootstrap.json");
        (await CliRun.Of("bootstrap", "status", world.At("web"), "--histogram", "image.jpg")).Refused("--histogram", ".png");
        (await CliRun.Of("bootstrap", "select", world.At("web"), "--output", world.At("out"))).Refused("bootstrap.json");
        (await CliRun.Of("bootstrap", "table", world.At("nowhere"))).Refused("nowhere");
        Assert.DoesNotContain(Directory.EnumerateFiles(world.At("out")), file => file.EndsWith(".done.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_that_is_there_is_overwritten()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 2, shardSize: 2);
        (await CliRun.Of(Run(world, "out"))).Succeeded();
        var file = world.At("mine.csv");
        File.WriteAllText(file, "mine");
        (await CliRun.Of("bootstrap", "table", world.At("out"), "--output", file)).Refused("exists");
        (await CliRun.Of("bootstrap", "select", world.At("out"), "--output", world.At("web"))).Refused("holds something already");
        (await CliRun.Of(
            "bootstrap", "status", world.At("out"),
            "--histogram", Path.Combine(Directory.CreateDirectory(world.At("folder.png")).FullName))).Refused("--histogram");
        Assert.Equal("mine", File.ReadAllText(file));
    }

    [Fact]
    public async Task A_shard_of_many_is_done_alone()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 6, shardSize: 2);
        (await CliRun.Of(Run(world, "out", "--shards", "1"))).Succeeded();
        Assert.Equal(["00001.done.json"], Directory.EnumerateFiles(world.At("out"), "*.done.json").Select(Path.GetFileName));
        var text = (await CliRun.Of("bootstrap", "status", world.At("out"), "--shards")).Succeeded();
        Assert.Contains("1 of 3 done", text, StringComparison.Ordinal);
        Assert.Contains("waiting", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submitting_writes_the_run_s_own_command()
    {
        using var world = await BootstrapWorld.OfTarsAsync(images: 6, shardSize: 2);
        string[] run =
        [
            world.Web, "--output", world.At("out"), "--captioner", Demo.Model, "--filter", DemoMatching.Model,
            "--drop-pattern", "-x 'y'", "--drop-duplicate-texts",
        ];
        var slurm = await CliRun.Of(["bootstrap", "submit", "slurm", .. run, "--tasks-at-once", "2", "--sbatch=--gres=gpu:1"]);
        Assert.StartsWith("sbatch ", slurm.Succeeded(), StringComparison.Ordinal);
        var script = File.ReadAllText(world.At("out/slurm/job.sh"));
        Assert.Contains("#SBATCH --array=0-2%2", script, StringComparison.Ordinal);
        Assert.Contains("#SBATCH --gres=gpu:1", script, StringComparison.Ordinal);
        Assert.Contains("'--drop-pattern=-x '\\''y'\\'''", script, StringComparison.Ordinal);
        Assert.Contains("'--drop-duplicate-texts'", script, StringComparison.Ordinal);

        var yaml = (await CliRun.Of(
            ["bootstrap", "submit", "k8s", .. run, "--image", "blip", "--volume", "data:/data", "--gpus", "1"])).Succeeded();
        Assert.Contains("completions: 3", yaml, StringComparison.Ordinal);
        Assert.Contains("--drop-duplicate-texts", yaml, StringComparison.Ordinal);
        (await CliRun.Of(["bootstrap", "submit", "k8s", .. run, "--image", "blip", "--volume", "data"])).Refused("--volume", "CLAIM:PATH");
        (await CliRun.Of(["bootstrap", "submit", "nats", "http://x", .. run])).Refused("nats");
    }
}
