using Blip.Cli;
using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace Blip.Tests.Server;

/// <summary>The files of <c>deploy/</c>: they parse, and <c>blip</c> accepts their command lines.</summary>
public sealed class DeploymentTests
{
    private const string Key = "/etc/blip/api-key";

    [Theory]
    [InlineData("cpu", "cpu"), InlineData("nvidia", "cuda")]
    public void Kubernetes_manifests_start_a_server_that_its_probes_reach(string name, string device)
    {
        var objects = KubernetesYaml.LoadAllFromString(Repository.Read($"deploy/kubernetes/{name}.yaml"));
        var deployment = objects.OfType<V1Deployment>().Single();
        var service = objects.OfType<V1Service>().Single();
        var pod = deployment.Spec.Template;
        var container = pod.Spec.Containers.Single();

        Takes(container.Args);
        Assert.Contains($"--device={device}", container.Args);
        Assert.Equal(("/readyz", "/healthz", "/readyz"),
            (container.ReadinessProbe.HttpGet.Path, container.LivenessProbe.HttpGet.Path, container.StartupProbe.HttpGet.Path));
        Assert.Equal(8080, container.Ports.Single(port => port.Name == service.Spec.Ports.Single().TargetPort.Value).ContainerPort);
        Assert.Equal(deployment.Spec.Selector.MatchLabels, pod.Metadata.Labels);
        Assert.Equal(service.Spec.Selector, pod.Metadata.Labels);
        Assert.True(pod.Spec.SecurityContext.RunAsNonRoot);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(pod.Spec.Volumes.Select(volume => volume.Name).Order(), container.VolumeMounts.Select(mount => mount.Name).Order());
        Assert.Equal(device == "cuda", container.Resources.Limits.ContainsKey("nvidia.com/gpu"));
        Assert.True(pod.Spec.TerminationGracePeriodSeconds > 30);
    }

    [Fact]
    public void Compose_starts_servers_that_write_nothing()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read("deploy/compose.yaml")));
        var services = (YamlMappingNode)yaml.Documents[0].RootNode["services"];
        var blip = services["blip"];

        Assert.All(services.Children.Values,
            service => Takes([.. ((YamlSequenceNode)service["command"]).Children.Select(argument => ((YamlScalarNode)argument).Value!)]));
        Assert.Equal(2, services.Children.Count);
        Assert.Equal("true", blip["read_only"].ToString());
        Assert.StartsWith("127.0.0.1:", blip["ports"][0].ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(Repository.Absolute(blip["build"]["dockerfile"].ToString())));
    }

    [Fact]
    public void The_container_starts_a_server_as_nobody_in_particular()
    {
        var lines = Repository.Read("deploy/Containerfile").Split('\n');
        var command = lines.Single(line => line.StartsWith("CMD ", StringComparison.Ordinal))[4..];

        Takes(System.Text.Json.JsonSerializer.Deserialize<string[]>(command)!);
        Assert.Contains("USER 1654", lines);
        Assert.Contains("ENTRYPOINT [\"dotnet\", \"/app/blip.dll\"]", lines);
        Assert.True(Directory.Exists(
            Repository.Absolute(lines.Single(line => line.Contains("dotnet publish", StringComparison.Ordinal)).Split(' ')[3])));
    }

    [Fact]
    public void The_unit_starts_a_server_and_gives_it_time_to_end()
    {
        var settings = Repository.Read("deploy/systemd/blip.service").Split('\n')
            .Where(line => line.Contains('=', StringComparison.Ordinal) && line[0] != '#')
            .Select(line => line.Split('=', 2))
            .ToLookup(pair => pair[0], pair => pair[1]);
        var words = settings["ExecStart"].Single().Split(' ');

        Assert.EndsWith("/blip", words[0], StringComparison.Ordinal);
        Takes(words[1..]);
        Assert.True(int.Parse(settings["TimeoutStopSec"].Single(), System.Globalization.CultureInfo.InvariantCulture) > 30);
        Assert.Equal("yes", settings["DynamicUser"].Single());
        Assert.Contains($"api-key:{Key}", settings["LoadCredential"]);
    }

    private static void Takes(IEnumerable<string> arguments)
    {
        var words = arguments.ToList();
        var root = new BlipRootCommand(new Terminal { Output = TextWriter.Null, Error = TextWriter.Null, OpenInput = () => Stream.Null });
        var parsed = root.Parse(words);

        Assert.Equal("serve", words[0]);
        Assert.Equal("serve", parsed.CommandResult.Command.Name);
        Assert.Empty(parsed.Errors.Select(error => error.Message));
        Assert.Empty(parsed.UnmatchedTokens);
    }
}
