using Blip.Bench.Peers;
using Blip.Bench.Reporting;
using Blip.Kernels.Devices;

try
{
    var options = PeerOptions.Parse(args, [.. PeerWorks.All.Keys]);
    var file = BenchFile.Here($"peers {string.Join(' ', args)}".Trim());
    var records = new List<BenchRecord>();
    using (var session = new PeerSession(options))
    {
        foreach (var (name, run) in PeerWorks.All.Where(work => options.Only.Count == 0 || options.Only.Contains(work.Key)))
        {
            Console.WriteLine(name);
            foreach (var record in run(session))
            {
                records.Add(record);
                Console.WriteLine(PeerTable.Line(record));
            }
        }
    }

    var text = $"{file.Processor}, {file.Cores} cores, {file.Runtime}, {options.Rounds} rounds: `{file.Command}`, {file.Date:yyyy-MM-dd}\n\n{PeerTable.Markdown(records)}";
    Console.Write($"\n{text}");
    if (options.Json is { } path)
        (file with { Records = records }).Write(path);
    if (options.Save is { } folder)
    {
        var saved = Path.Combine(folder, $"{Machine.FileName}-peers");
        (file with { Records = records }).Write($"{saved}.json");
        File.WriteAllText($"{saved}.md", $"# peers on {file.Processor}\n\n{text}");
        Console.WriteLine($"saved: {saved}.json, {saved}.md");
    }
    return 0;
}
catch (Exception e) when (e is ArgumentException or InvalidDataException or DeviceException)
{
    Console.Error.WriteLine(e.Message);
    return e is InvalidDataException ? 1 : 2;
}
