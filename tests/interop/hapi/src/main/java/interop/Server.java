package interop;

import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** Serves FHIR R4 on a free port of the loopback; its base URL is the one line on stdout. */
public final class Server {

    private Server() {}

    public static void main(String[] args) throws Exception {
        var fhir = fhir(new AnnotationConfigApplicationContext(Storage.class));
        var jetty = new org.eclipse.jetty.server.Server();
        var connector = new ServerConnector(jetty);
        connector.setHost("127.0.0.1");
        jetty.addConnector(connector);
        var handler = new ServletContextHandler("/");
        handler.addServlet(new ServletHolder(fhir), "/fhir/*");
        jetty.setHandler(handler);
        jetty.start();
        System.out.println("http://127.0.0.1:" + connector.getLocalPort() + "/fhir");
        jetty.join();
    }

    private static RestfulServer fhir(ApplicationContext beans) {
        var server = new RestfulServer(beans.getBean(IFhirSystemDao.class).getContext());
        beans.getAutowireCapableBeanFactory().autowireBean(server);
        server.registerProviders(beans.getBean(ResourceProviderFactory.class).createProviders());
        server.registerProvider(beans.getBean(IJpaSystemProvider.class));
        server.setPagingProvider(beans.getBean(DatabaseBackedPagingProvider.class));
        return server;
    }
}
